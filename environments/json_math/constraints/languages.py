"""Which of three languages a text is in, told by its small words and, where it has few, by its spelling."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from agentgym.environments.json_math.constraints.further import ELIDED, ELIDES, FURTHER, FURTHER_NAMES
from agentgym.environments.json_math.constraints.spelling import spelled
from agentgym.environments.json_math.constraints.units import words

NAMES: Mapping[str, str] = {"en": "English", "es": "Spanish", "pt": "Portuguese"}
LETTERS: Mapping[str, str] = {
    "en": "",
    "es": "ñ",
    "pt": "ãõçâêôà",
    "ca": "èò",
    "de": "äöß",
    "fr": "èëîùûœ",
    "gl": "",
    "it": "èìòù",
}
LEAST_SHARE = 8
MOST_OTHERS = 3
NAMES_EVERY = 10
LONG = 25
LANGUAGE = (
    "The language of a text is told by its small words: the common articles, prepositions, pronouns, conjunctions, "
    f"auxiliary verbs and adverbs of a language. For every full {LEAST_SHARE} words, at least one is one of the "
    "language's own. Against each other one of English, Spanish, Portuguese, French, Italian, Catalan, Galician and "
    "German: small words that only the other has are at most a third as many as those that it lacks. Against English, "
    "Spanish and Portuguese the spelling of uncapitalised words counts too (w, th and -ing are English, ñ and -ción "
    "Spanish, ã, nh and -eiro Portuguese), and so do very common other words: those that only the other has are no "
    "more than all that speak for the language. At least one word is a small one or spelled as only the language "
    f"spells; from {LONG} words up, at least one is a small word that the other lacks. Uncapitalised words with ã õ ç "
    "â ê ô à count as Portuguese small words, those with ñ as Spanish ones, those with è ò ù ä ö ß and the like as "
    f"ones of the further languages. Up to one word of the other's (or one in {NAMES_EVERY}) with a capital, beside "
    'another word with a capital, is taken for a part of a name, as in "La Paz", and so are de, do, del, la, y and the '
    'like (at most two) between words with capitals, as in "Ana de la Cruz".'
)

ENGLISH = """
a about above across after again against all almost along already also although always am among an and another any are
around as at away back be became because become been before behind being below between both but by came can cannot
come could did do does done down during each either else enough even ever every everyone everything few first for from
get gave go goes got had has have he her here hers herself him himself his how however i if in indeed inside instead
into is it it's its itself just last least less let like made many may me might mine more most much must my near
nearly neither never next no nobody none nor not nothing now of off often on once one only onto or other others our
ours out outside over own per perhaps quite rather same several shall she should since so some someone something soon
still such than that that's the their theirs them themselves then there there's these they this those though three
through throughout to together too toward towards two under until up upon us very was we well went were what when
where whether which while who whom whose why will with within without would yes yet you your yours don't didn't
doesn't isn't wasn't weren't can't won't couldn't wouldn't i'm i've i'll i'd we're we've we'll they're they've you're
you've he's she's
"""
SPANISH = """
a acá ahí ahora al algo alguien algún alguna algunas alguno algunos allá allí ambos ante antes apenas aquel aquella
aquellas aquello aquellos aquí así aun aún aunque ayer bajo bastante bien cada casi cerca como cómo con conmigo contra
cual cuál cuales cualquier cuando cuándo cuanto cuánto cuántos cuatro cuya cuyo de debe deben del demasiado dentro
desde después detrás donde dónde dos durante e él el ella ellas ello ellos en encima entonces entre era eran eras eres
es esa esas ese eso esos esta está estaba estaban estado estamos están estar estas este esto estos estoy fue fueron
fui ha había habían haber hace hacen hacer hacia han hasta hay he hemos hizo hoy incluso jamás junto la las le lejos
les lo los luego mañana más mas me mejor menos mi mí mía mientras mío mis misma mismas mismo mismos mucha muchas mucho
muchos muy nada nadie ni ningún ninguna ninguno no nos nosotros nuestra nuestras nuestro nuestros nunca o os otra
otras otro otros para pero poca poco pocos podía por porque primer primera primero pronto puede pueden pues que qué
quien quién quienes se sé según ser será serán si sí sido siempre siendo sin sino sobre sola solo sólo somos son soy
su sus suya suyo también tampoco tan tanto te tenemos tener tengo tenía tenían ti tiene tienen toda todas todavía todo
todos tras tres tu tú tus tuvo tuvieron un una unas uno unos va vamos van varias varios vez veces y ya yo
"""
PORTUGUESE = """
a à acolá agora aí ainda além algo alguém algum alguma algumas alguns ali amanhã ambos ante antes ao aos apenas após
aquela aquelas aquele aqueles aqui aquilo as às assim até bastante bem cá cada com como contra contudo cuja cujo da
daquela daquele daqui das de debaixo dela delas dele deles demais dentro depois desde dessa desse desta deste disso
disto do dois dos duas durante e é ela elas ele eles em embora enquanto então entre era eram essa essas esse esses
esta está estamos estão estar estas estava estavam este estes esteve estou eu faz fazem fazer fez fiz foi fora foram
fui há havia hoje isso isto já jamais junto lá lhe lhes logo longe mais mal mas me mesma mesmas mesmo mesmos meu
meus mim minha minhas muita muitas muito muitos na nada não nas nela nele nem nenhum nenhuma nessa nesse nesta neste
ninguém no nos nós nossa nossas nosso nossos num numa nunca o onde ontem os ou outra outras outro outros para pela
pelas pelo pelos perante perto pode podem podia pois por porém porque portanto pouca pouco poucos primeira
primeiro pôde qual quais qualquer quando quanta quanto quantos quase que quê quem se seja sejam sem sempre sendo ser
será serão seria seu seus si sido só sob sobre sois somos sou sua suas são tal também tanta tanto tão te tem
têm temos tenho ter teve tinha tinham tive toda todas todavia todo todos três tu tua tudo última último um uma umas
uns vai vamos vão vários vez vezes você vocês """
# English has "son" and "van" too, and the Portuguese "sois" is rare.
SMALL: Mapping[str, frozenset[str]] = {
    "en": frozenset(ENGLISH.split()),
    "es": frozenset(SPANISH.split()) - {"son", "van"},
    "pt": frozenset(PORTUGUESE.split()) - {"sois"},
}
# Words of more meaning in one language that are small words of others: they speak against none.
ORDINARY: Mapping[str, frozenset[str]] = {
    "en": frozenset({"era", "hay", "sin", "solo", "tan"}),
    "es": frozenset({"di"}),
}
PARTICLES = frozenset(
    ("da", "das", "de", "del", "der", "di", "do", "dos", "du", "e", "la", "las", "los", "van", "von", "y")
)
_ALL_SMALL = {**SMALL, **FURTHER}
ALL_NAMES: Mapping[str, str] = {**NAMES, **FURTHER_NAMES}


def is_small(word: str, language: str) -> bool:
    """Tell whether a word is a small word of a language."""
    return word.casefold().replace("’", "'") in _ALL_SMALL[language]


def fault(text: str, language: str) -> str:
    """Return why a text is not in a language; empty if it is.

    Raises:
        KeyError: there is no such language.
    """
    found = words(text)
    name, own = NAMES[language], sum(is_small(word, language) for word in found)
    if own < len(found) // LEAST_SHARE:
        return f"{own} of {len(found)} words are small words of {name}; at least one in {LEAST_SHARE} must be"
    others = [other for other in NAMES if other != language]
    if not own and not set.intersection(*(set(spelled(found, language, other)) for other in others)):
        return f"{own} of {len(found)} words are small words of {name}, and none is spelled as only {name} spells"
    against = (_against(found, language, other) for other in (*others, *FURTHER))
    return next(filter(None, against), "")


def _against(found: Sequence[str], language: str, other: str) -> str:
    """Return why words are rather those of another language; empty if they are not."""
    mine = only(found, language, other)
    theirs = only(_without_names(found, other, language), other, language)
    names = ALL_NAMES[language], ALL_NAMES[other]
    if len(theirs) * MOST_OTHERS > len(mine) or (not mine and other in NAMES and len(found) >= LONG):
        shown = ", ".join(theirs[:5])
        told = f"{len(mine)} words are {names[0]} and not {names[1]}, {len(theirs)} the other way round"
        return f"{told}: {shown}" if shown else told
    if other in FURTHER:
        return ""
    strange = [word for word in spelled(found, other, language) if not is_small(word, language)]
    speaking = len({*mine, *spelled(found, language, other)})
    if len(strange) > speaking:
        shown = ", ".join(strange[:5])
        return f"{len(strange)} words are spelled as {names[1]}, {speaking} speak for {names[0]}: {shown}"
    return ""


def only(found: Sequence[str], language: str, other: str) -> list[str]:
    """Return the words that speak for one language and against another."""
    return [
        word
        for word in found
        if not is_small(word, other)
        and word.casefold() not in ORDINARY.get(other, ())
        and (
            is_small(word, language)
            or (word[0].islower() and any(letter in word for letter in LETTERS[language]))
            or (language in ELIDES and word[0].islower() and ELIDED.match(word))
        )
    ]


def _without_names(found: Sequence[str], other: str, language: str) -> list[str]:
    """Return words without the first of another language that may be parts of names."""
    capitals = [False, *(word[0].isupper() for word in found), False]
    beside = [i for i in range(len(found)) if capitals[i + 1] and (capitals[i] or capitals[i + 2])]
    names = [i for i in beside if is_small(found[i], other) and not is_small(found[i], language)]
    left_out = {*names[: max(1, len(found) // NAMES_EVERY)], *_particles(found)}
    return [word for i, word in enumerate(found) if i not in left_out]


def _particles(found: Sequence[str]) -> list[int]:
    """Return where one or two particles stand between capitalised words, as in "Ana de la Cruz"."""
    places: list[int] = []
    run: list[int] = []
    after_capital = False
    for i, word in enumerate(found):
        if word in PARTICLES:
            run.append(i)
            continue
        if after_capital and word[0].isupper() and len(run) <= 2:
            places += run
        run, after_capital = [], word[0].isupper()
    return places
