"""Words from which honest sentences are put together in three languages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple


class Vocabulary(NamedTuple):
    """Pieces of sentences that fit one another.

    Attributes:
        subjects: who does something, third person singular.
        predicates: what was done.
        modifiers: how, when or where, one to five words; any of them may follow a clause.
        connectors: what joins a second clause to a first.
        openers: what may stand before a clause, with a comma.
        mentions: clauses that quote something, with `{}` in its place.
        joint: what joins two quoted things.
        long_words: nouns that are long and that a clause may quote.
        openings: the marks that a sentence begins with, by those that end it.
    """

    subjects: Sequence[str]
    predicates: Sequence[str]
    modifiers: Sequence[str]
    connectors: Sequence[str]
    openers: Sequence[str]
    mentions: Sequence[str]
    joint: str
    long_words: Sequence[str]
    openings: Mapping[str, str] = {}


def _pieces(text: str) -> list[str]:
    return [piece for line in text.splitlines() for piece in line.strip().split("|") if piece]


VOCABULARIES: Mapping[str, Vocabulary] = {
    "pt": Vocabulary(
        _pieces(
            """a prefeita|o maestro|Marta|o vizinho|a equipe do bairro|um grupo de alunos|a padeira|o velho carteiro
            uma jovem pintora|o dono da livraria|a turma da escola|o jardineiro|Joana|o motorista|o pescador
            a diretora do museu|um turista curioso|a médica|Rui|o guarda do parque"""
        ),
        _pieces(
            """abriu as portas|cantou|preparou um jantar simples|contou uma longa história|plantou três árvores
            consertou o telhado|leu a carta em voz alta|vendeu pão fresco|sorriu|mostrou fotos da viagem|limpou a praça
            agradeceu a todos|tocou uma música antiga|esperou o trem|escreveu um bilhete|acendeu as luzes
            desenhou um mapa|trouxe flores|pintou a parede do pátio|chegou"""
        ),
        _pieces(
            """ontem|cedo|devagar|novamente|ali|com calma|sem pressa|de manhã|à tarde|em silêncio|por acaso
            durante a semana|antes do almoço|depois da chuva|no largo central|com muita alegria|perto da estação
            ao lado da igreja|na beira do rio|sob o sol forte|diante de muita gente|por mais de uma hora
            com a ajuda dos amigos|no fim da rua principal"""
        ),
        _pieces("e|enquanto|porque|mas|quando"),
        _pieces("Por isso|No entanto|Além disso|Naquele dia|Segundo o jornal|Mais tarde|De repente|Felizmente"),
        _pieces("o cartaz dizia {}|o jornal citou {}|a rádio falou de {}|o programa anunciava {}|a lista incluía {}"),
        "e",
        _pieces("anticonstitucionalissimamente|otorrinolaringologista|responsabilidade|desenvolvimento|bibliotecária"),
    ),
    "es": Vocabulary(
        _pieces(
            """la alcaldesa|el director|Marta|el vecino|el equipo del barrio|un grupo de alumnos|la panadera
            el viejo cartero|una joven pintora|el dueño de la librería|la clase de música|el jardinero|Juana
            el conductor|el pescador|la directora del museo|un turista curioso|la médica|Luis|el guarda del parque"""
        ),
        _pieces(
            """abrió las puertas|cantó|preparó una cena sencilla|contó una larga historia|plantó tres árboles
            reparó el tejado|leyó la carta en voz alta|vendió pan fresco|sonrió|mostró fotos del viaje|limpió la plaza
            dio las gracias a todos|tocó una canción antigua|esperó el tren|escribió una nota|encendió las luces
            dibujó un mapa|trajo flores|pintó la pared del patio|llegó"""
        ),
        _pieces(
            """ayer|temprano|despacio|otra vez|allí|con calma|sin prisa|de nuevo|por la tarde|en silencio
            durante la semana|antes del almuerzo|después de la lluvia|en la plaza mayor|con mucha alegría
            cerca de la estación|al lado de la iglesia|a orillas del río|bajo el sol fuerte|ante mucha gente
            durante más de una hora|con la ayuda de los amigos|al final de la calle|lentamente|alegremente"""
        ),
        _pieces("y|mientras|porque|pero|cuando"),
        _pieces("Por eso|Sin embargo|Además|Aquel día|Según el diario|Más tarde|De repente|Por suerte"),
        _pieces(
            "el cartel decía {}|el diario citó {}|la radio habló de {}|el programa anunciaba {}|la lista incluía {}"
        ),
        "y",
        _pieces("anticonstitucionalmente|otorrinolaringólogo|responsabilidad|reconocimiento|bibliotecaria"),
        {"!": "¡", "?": "¿"},
    ),
    "en": Vocabulary(
        _pieces(
            """the mayor|the conductor|Martha|the neighbour|the local team|a group of students|the baker
            the old postman|a young painter|the owner of the bookshop|the music class|the gardener|Joan|the driver
            the fisherman|the director of the museum|a curious visitor|the doctor|Lewis|the keeper of the park"""
        ),
        _pieces(
            """opened the doors|sang|prepared a simple dinner|told a long story|planted three trees|repaired the roof
            read the letter aloud|sold fresh bread|smiled|showed pictures of the journey|cleaned the square
            thanked everyone|played an old song|waited for the train|wrote a short note|turned on the lights
            drew a map|brought flowers|painted the wall of the yard|arrived"""
        ),
        _pieces(
            """yesterday|early|slowly|again|outside|with care|without haste|at noon|in silence|by chance
            during the week|before lunch|after the rain|in the main square|with great joy|near the station
            beside the church|on the river bank|under the strong sun|in front of a crowd|for more than an hour
            with the help of friends|at the end of the street"""
        ),
        _pieces("and|while|because|but|when"),
        _pieces("For that reason|However|Besides|On that day|According to the paper|Later|Suddenly|Luckily"),
        _pieces(
            "the poster said {}|the paper quoted {}|the radio spoke of {}|the programme announced {}|the list had {}"
        ),
        "and",
        _pieces("counterrevolutionaries|otolaryngologist|responsibility|acknowledgement|librarianship"),
    ),
}
