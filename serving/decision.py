"""What the published handoff rule says of a lead."""

from serving.schemas import Decision

# No policy can be published yet, and what is not decided is said to be so.
NO_POLICY = Decision(action="none", policy_version=None, threshold=None, due_at=None)
