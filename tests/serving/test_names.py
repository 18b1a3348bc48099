from serving import names
from serving.names import Names


def test_a_mistyped_property_is_pointed_out():
    assert Names(["visits", "source"]).warnings({"vists": 3, "source": "Web"}) == [
        "Property 'vists' is not read by the model. Did you mean 'visits'?"
    ]


def test_what_a_crm_sends_beside_is_no_mistake():
    assert Names(["visits"]).warnings({"visits": 3, "hs_object_id": 7, "owner": "x"}) == []


def test_a_name_like_one_that_is_given_is_no_mistake():
    assert Names(["visits"]).warnings({"visits": 3, "visit": 1}) == []


def test_width_and_case_do_not_hide_a_name():
    assert Names(["役職 Title"]).warnings({"役職＿ｔｉｔｌｅ": "部長"}) == [
        "Property '役職＿ｔｉｔｌｅ' is not read by the model. Did you mean '役職 Title'?"
    ]


def test_a_lead_of_which_nothing_is_read_is_pointed_out():
    (told,) = Names(["visits", "source"]).warnings({"unlike": 1})

    assert "None of the properties that the model reads is given (visits, source)" in told


def test_invented_names_cost_no_memory_without_end(monkeypatch):
    monkeypatch.setattr(names, "MOST_NAMES", 5)
    known = Names(["visits"])
    for number in range(20):
        known.warnings({f"name{number}": 1})

    assert len(known._near) <= 5
    assert known.warnings({"VISITS": 1}) == [
        "Property 'VISITS' is not read by the model. Did you mean 'visits'?"
    ]
