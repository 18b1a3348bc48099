"""What an e-mail address says of its owner: a company, a private mailbox, a university, or nobody to call."""

from __future__ import annotations

import re
from functools import lru_cache

FREE = frozenset(
    [
        "gmail.com",
        "googlemail.com",
        "yahoo.com",
        "ymail.com",
        "rocketmail.com",
        "myyahoo.com",
        "outlook.com",
        "hotmail.com",
        "live.com",
        "msn.com",
        "passport.com",
        "icloud.com",
        "me.com",
        "mac.com",
        "aol.com",
        "aim.com",
        "proton.me",
        "protonmail.com",
        "protonmail.ch",
        "pm.me",
        "tutanota.com",
        "tuta.io",
        "tuta.com",
        "zoho.com",
        "zohomail.com",
        "mail.com",
        "email.com",
        "usa.com",
        "gmx.com",
        "gmx.net",
        "gmx.de",
        "gmx.at",
        "gmx.ch",
        "web.de",
        "t-online.de",
        "freenet.de",
        "arcor.de",
        "posteo.de",
        "mailbox.org",
        "orange.fr",
        "wanadoo.fr",
        "free.fr",
        "laposte.net",
        "sfr.fr",
        "neuf.fr",
        "bbox.fr",
        "libero.it",
        "virgilio.it",
        "tiscali.it",
        "alice.it",
        "tin.it",
        "telefonica.net",
        "terra.com",
        "terra.com.br",
        "uol.com.br",
        "bol.com.br",
        "ig.com.br",
        "globo.com",
        "globomail.com",
        "oi.com.br",
        "zipmail.com.br",
        "r7.com",
        "sapo.pt",
        "btinternet.com",
        "virginmedia.com",
        "sky.com",
        "talktalk.net",
        "blueyonder.co.uk",
        "ntlworld.com",
        "comcast.net",
        "verizon.net",
        "att.net",
        "sbcglobal.net",
        "bellsouth.net",
        "cox.net",
        "charter.net",
        "earthlink.net",
        "juno.com",
        "optonline.net",
        "rogers.com",
        "shaw.ca",
        "sympatico.ca",
        "telus.net",
        "bigpond.com",
        "optusnet.com.au",
        "iinet.net.au",
        "xtra.co.nz",
        "yandex.ru",
        "yandex.com",
        "ya.ru",
        "mail.ru",
        "bk.ru",
        "inbox.ru",
        "list.ru",
        "rambler.ru",
        "ukr.net",
        "seznam.cz",
        "centrum.cz",
        "wp.pl",
        "onet.pl",
        "o2.pl",
        "interia.pl",
        "rediffmail.com",
        "rediff.com",
        "sify.com",
        "in.com",
        "qq.com",
        "vip.qq.com",
        "foxmail.com",
        "163.com",
        "126.com",
        "yeah.net",
        "sina.com",
        "sina.cn",
        "sohu.com",
        "aliyun.com",
        "139.com",
        "naver.com",
        "daum.net",
        "hanmail.net",
        "nate.com",
        "kakao.com",
        "fastmail.com",
        "fastmail.fm",
        "hushmail.com",
        "inbox.com",
        "inbox.lv",
        "hey.com",
        "duck.com",
        "privaterelay.appleid.com",
        "mozmail.com",
        "yahoo.co.jp",
        "ybb.ne.jp",
        "yahoo.ne.jp",
        "gmail.co.jp",
        "outlook.jp",
        "hotmail.co.jp",
        "live.jp",
        "docomo.ne.jp",
        "mopera.net",
        "ezweb.ne.jp",
        "au.com",
        "auone.jp",
        "uqmobile.jp",
        "biz.ezweb.ne.jp",
        "softbank.ne.jp",
        "i.softbank.jp",
        "softbank.jp",
        "disney.ne.jp",
        "vodafone.ne.jp",
        "jp-t.ne.jp",
        "jp-c.ne.jp",
        "willcom.com",
        "pdx.ne.jp",
        "ymobile.ne.jp",
        "ymobile1.ne.jp",
        "emobile.ne.jp",
        "rakuten.jp",
        "rakumail.jp",
        "nifty.com",
        "nifty.ne.jp",
        "nifty.jp",
        "ocn.ne.jp",
        "ocn.com",
        "biglobe.ne.jp",
        "biglobe.jp",
        "so-net.ne.jp",
        "so-net.jp",
        "plala.or.jp",
        "dti.ne.jp",
        "asahi-net.or.jp",
        "infoseek.jp",
        "goo.jp",
        "goo.ne.jp",
        "mail.goo.ne.jp",
        "excite.co.jp",
        "livedoor.com",
        "aol.jp",
        "wakwak.com",
        "sannet.ne.jp",
        "odn.ne.jp",
        "odn.jp",
        "dion.ne.jp",
        "hi-ho.ne.jp",
        "eonet.ne.jp",
        "zaq.ne.jp",
        "zaq.jp",
        "jcom.home.ne.jp",
        "jcom.zaq.ne.jp",
        "jcom.ne.jp",
        "commufa.jp",
        "megaegg.ne.jp",
        "pikara.ne.jp",
        "bbiq.jp",
        "tiki.ne.jp",
        "itscom.net",
        "tcp-ip.or.jp",
    ]
)
_FREE_ANYWHERE = re.compile(r"^(?:yahoo|hotmail|live|outlook|gmx|yandex)\.(?:com?\.)?[a-z]{2,3}$")
_FREE_ABOVE = (
    *(
        "ocn.ne.jp",
        "so-net.ne.jp",
        "plala.or.jp",
        "nifty.com",
        "biglobe.ne.jp",
        "dion.ne.jp",
        "jcom.home.ne.jp",
    ),
    *("vodafone.ne.jp", "ezweb.ne.jp", "zaq.ne.jp", "ybb.ne.jp", "odn.ne.jp", "eonet.ne.jp", "jp-t.ne.jp"),
)
_ACADEMIC = re.compile(
    r"\.(?:edu|edu\.[a-z]{2}|ac\.[a-z]{2}|ed\.jp|school\.[a-z]{2}|sch\.uk|k12\.[a-z]{2}\.us)$"
)
_LONGEST = 320
_DOMAIN = re.compile(r"[^@\s]+@([a-z0-9](?:[a-z0-9\-]*\.)+[a-z0-9\-]{2,})", re.ASCII)


def domain_kind(address: str) -> str:
    """Whether an address belongs to a company, a free mailbox, a university or a disposable one.

    Returns
    -------
    str
        ``company``, ``free``, ``academic``, ``disposable``, or ``invalid`` for text that is no address.

    Examples
    --------
    >>> domain_kind("sato@example.co.jp"), domain_kind("sato@docomo.ne.jp"), domain_kind("sato@u-tokyo.ac.jp")
    ('company', 'free', 'academic')
    """
    found = _DOMAIN.fullmatch(address.casefold().strip()) if len(address) <= _LONGEST else None
    return "invalid" if found is None else _kind(found[1])


@lru_cache(maxsize=65_536)
def _kind(domain: str) -> str:
    """The kind of one domain."""
    if (
        domain in FREE
        or _FREE_ANYWHERE.match(domain)
        or domain.endswith(tuple("." + above for above in _FREE_ABOVE))
    ):
        return "free"
    if _ACADEMIC.search("." + domain):
        return "academic"
    return "disposable" if _is_disposable(domain) else "company"


def _is_disposable(domain: str) -> bool:
    """Whether the domain or one above it hands out mailboxes for an hour."""
    from disposable_email_domains import blocklist

    parts = domain.split(".")
    return any(".".join(parts[at:]) in blocklist for at in range(len(parts) - 1))
