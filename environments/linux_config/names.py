"""Names that tasks are made of."""

from __future__ import annotations


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


PEOPLE = _words(
    """
    ada alan amir ana anders aria basil beata bela bruno carla chen clara dario diana dmitri edda elif emil enzo
    esra fabio farid fiona frida gita goran greta hana hugo ida igor ines ivan jana jonas judit kaito karl kira lars
    leila lena lucia magda malik mara milo mina nadia nils nora olga omar oskar petra priya rafa rosa ruben sami
    sara selma sofia stefan tamar tara theo tilda ugo uma vera viktor wanda xenia yara yusuf zara zoe
    """
)
TEAMS = _words(
    """
    archive audit billing bridge claims content design dispatch editors field finance fleet fraud grants harbour
    hiring imaging intake kitchen lab legal library logistics maps market metrics museum network orders outreach
    parts payroll planning press quality radio records rescue research review sales seeds signals stores studio
    survey travel tutors
    """
)
SERVICES = _words(
    """
    atlas beacon canvas cargo cedar cobalt comet coral delta drift ember falcon fern flint gale garnet glacier grove
    heron indigo ivory jade juniper kestrel lagoon lark lumen maple meadow mercury mosaic nimbus north nova oasis
    onyx orbit otter pebble pine plume prairie quartz raven ridge river saffron sierra slate sparrow spruce tide
    topaz tundra vale vortex willow zephyr
    """
)
NOUNS = _words(
    """
    accounts agenda balance budget calendar catalog charter contacts contract costs draft forecast goals holdings
    index invoices journal layout ledger manual memo minutes notes orders outline plan prices profile quota
    rates recipes register report roster rota schedule scores sheet stock summary survey targets terms totals
    """
)
VERBS = _words(
    """
    build check clean collect convert copy export fetch flush import index mail merge pack prune publish reload
    render report resize restart rotate scan score send sort sync tally upload verify
    """
)
