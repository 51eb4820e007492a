"""Which of three languages a text is in, told by its small words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from agentgym.environments.json_math.constraints.units import words

NAMES: Mapping[str, str] = {"en": "English", "es": "Spanish", "pt": "Portuguese"}
LETTERS: Mapping[str, str] = {"en": "", "es": "ñ", "pt": "ãõçâêôà"}
LANGUAGE = (
    "The language of a text is told by its small words: the common articles, prepositions, pronouns, conjunctions, "
    "auxiliary verbs and adverbs of a language. At least one word in eight is one of the language's own. Against each "
    "of the other two of English, Spanish and Portuguese: at least one word is one that the other lacks, and words "
    "that only the other has are at most a third as many as those. Uncapitalised words with ã õ ç â ê ô à count as "
    "Portuguese small words, those with ñ as Spanish ones. Up to one capitalised word in ten of the other's is taken "
    'for a part of a name, as in "La Paz".'
)
LEAST_SHARE = 8
MOST_OTHERS = 3
NAMES_EVERY = 10

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


def is_small(word: str, language: str) -> bool:
    """Tell whether a word is a small word of a language."""
    return word.casefold().replace("’", "'") in SMALL[language]


def fault(text: str, language: str) -> str:
    """Return why a text is not in a language; empty if it is.

    Raises:
        KeyError: there is no such language.
    """
    found = words(text)
    name, own = NAMES[language], sum(is_small(word, language) for word in found)
    if own * LEAST_SHARE < max(len(found), 1):
        return f"{own} of {len(found)} words are small words of {name}; at least one in {LEAST_SHARE} must be"
    for other in NAMES:
        if other != language:
            mine, theirs = only(found, language, other), only(found, other, language)
            theirs = _without_names(theirs, max(1, len(found) // NAMES_EVERY))
            if not mine or len(theirs) * MOST_OTHERS > len(mine):
                shown = ", ".join(theirs[:5])
                told = f"{len(mine)} words are {name} and not {NAMES[other]}, {len(theirs)} the other way round"
                return f"{told}: {shown}" if shown else told
    return ""


def only(found: Sequence[str], language: str, other: str) -> list[str]:
    """Return the words that speak for one language and against another."""
    return [
        word
        for word in found
        if (is_small(word, language) and not is_small(word, other))
        or (word[0].islower() and not is_small(word, other) and any(letter in word for letter in LETTERS[language]))
    ]


def _without_names(found: Sequence[str], most: int) -> list[str]:
    """Return words without the first capitalised ones, which may be parts of names."""
    names = [i for i, word in enumerate(found) if word[0].isupper()][:most]
    return [word for i, word in enumerate(found) if i not in names]
