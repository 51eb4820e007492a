"""What events are about, and how they are told in three languages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Telling(NamedTuple):
    """How one language tells of a topic, in clauses without marks.

    Attributes:
        lead: who does what, and where; has `{person}` and `{place}`.
        number: how many; has `{number}`.
        year: when it began; has `{year}`.
        title: a title; has `{place}`.
    """

    lead: str
    number: str
    year: str
    title: str


# What happens, what is counted, and what began in the year.
FACTS: Mapping[str, tuple[str, str, str]] = {
    "library": ("opens a library", "Number of books", "Year in which the works began"),
    "bridge": ("inspects the old bridge", "Length of the bridge in metres", "Year in which the bridge was built"),
    "race": ("wins the street race", "Number of runners", "Year of the first race"),
    "choir": ("conducts the choir of the theatre", "Number of seats", "Year in which the theatre was founded"),
    "garden": ("plants a community garden", "Number of trees", "Year in which the project began"),
    "museum": ("visits the museum of clocks", "Number of clocks", "Year in which the museum opened"),
    "market": ("reopens the fish market", "Number of stalls", "Year in which the market opened"),
    "observatory": ("opens the observatory", "Number of visitors", "Year in which the tower was built"),
    "train": ("restores a steam train", "Number of passengers", "Year in which the line was closed"),
    "bakery": ("buys the bakery", "Number of loaves a day", "Year in which the house was built"),
}
HELD_OUT_TOPICS = ("observatory", "train")

TOPICS: Mapping[str, Mapping[str, Telling]] = {
    "library": {
        "pt": Telling(
            "{person} abriu uma biblioteca em {place}",
            "o acervo tem {number} livros",
            "as obras começaram em {year}",
            "Nova biblioteca em {place}",
        ),
        "es": Telling(
            "{person} abrió una biblioteca en {place}",
            "la colección tiene {number} libros",
            "las obras comenzaron en {year}",
            "Nueva biblioteca en {place}",
        ),
        "en": Telling(
            "{person} opened a library in {place}",
            "the collection has {number} books",
            "the works began in {year}",
            "New library in {place}",
        ),
    },
    "bridge": {
        "pt": Telling(
            "{person} examinou a velha ponte de {place}",
            "a ponte mede {number} metros",
            "ela foi construída em {year}",
            "A velha ponte de {place}",
        ),
        "es": Telling(
            "{person} revisó el viejo puente de {place}",
            "el puente mide {number} metros",
            "fue construido en {year}",
            "El viejo puente de {place}",
        ),
        "en": Telling(
            "{person} inspected the old bridge of {place}",
            "the bridge is {number} metres long",
            "it was built in {year}",
            "The old bridge of {place}",
        ),
    },
    "race": {
        "pt": Telling(
            "{person} venceu a corrida de rua em {place}",
            "a prova reuniu {number} corredores",
            "a primeira edição foi em {year}",
            "Corrida de rua em {place}",
        ),
        "es": Telling(
            "{person} ganó la carrera popular en {place}",
            "la prueba reunió a {number} corredores",
            "la primera edición fue en {year}",
            "Carrera popular en {place}",
        ),
        "en": Telling(
            "{person} won the street race in {place}",
            "the event drew {number} runners",
            "the first edition was in {year}",
            "Street race in {place}",
        ),
    },
    "choir": {
        "pt": Telling(
            "{person} regeu o coro do teatro em {place}",
            "a sala tem {number} lugares",
            "o teatro foi fundado em {year}",
            "Noite de coro em {place}",
        ),
        "es": Telling(
            "{person} dirigió el coro del teatro en {place}",
            "la sala tiene {number} asientos",
            "el teatro fue fundado en {year}",
            "Noche de coro en {place}",
        ),
        "en": Telling(
            "{person} conducted the choir of the theatre in {place}",
            "the hall has {number} seats",
            "the theatre was founded in {year}",
            "A choir night in {place}",
        ),
    },
    "garden": {
        "pt": Telling(
            "{person} plantou uma horta comunitária em {place}",
            "o terreno tem {number} árvores",
            "o projeto nasceu em {year}",
            "Uma horta em {place}",
        ),
        "es": Telling(
            "{person} plantó un huerto comunitario en {place}",
            "el terreno tiene {number} árboles",
            "el proyecto nació en {year}",
            "Un huerto en {place}",
        ),
        "en": Telling(
            "{person} planted a community garden in {place}",
            "the ground has {number} trees",
            "the project began in {year}",
            "A garden in {place}",
        ),
    },
    "museum": {
        "pt": Telling(
            "{person} visitou o museu dos relógios em {place}",
            "a casa guarda {number} peças",
            "o museu abriu em {year}",
            "Os relógios de {place}",
        ),
        "es": Telling(
            "{person} visitó el museo de relojes en {place}",
            "la casa guarda {number} piezas",
            "el museo abrió en {year}",
            "Los relojes de {place}",
        ),
        "en": Telling(
            "{person} visited the museum of clocks in {place}",
            "the house keeps {number} pieces",
            "the museum opened in {year}",
            "The clocks of {place}",
        ),
    },
    "market": {
        "pt": Telling(
            "{person} reabriu o mercado de peixe em {place}",
            "a casa aluga {number} bancas",
            "o mercado abriu em {year}",
            "Peixe fresco em {place}",
        ),
        "es": Telling(
            "{person} reabrió el mercado de pescado en {place}",
            "la casa alquila {number} puestos",
            "el mercado abrió en {year}",
            "Pescado fresco en {place}",
        ),
        "en": Telling(
            "{person} reopened the fish market in {place}",
            "the house rents out {number} stalls",
            "the market opened in {year}",
            "Fresh fish in {place}",
        ),
    },
    "observatory": {
        "pt": Telling(
            "{person} inaugurou o observatório em {place}",
            "a noite recebeu {number} visitantes",
            "a torre foi erguida em {year}",
            "As estrelas de {place}",
        ),
        "es": Telling(
            "{person} inauguró el observatorio en {place}",
            "la noche recibió a {number} visitantes",
            "la torre fue levantada en {year}",
            "Las estrellas de {place}",
        ),
        "en": Telling(
            "{person} opened the observatory in {place}",
            "the night drew {number} visitors",
            "the tower was built in {year}",
            "The stars of {place}",
        ),
    },
    "train": {
        "pt": Telling(
            "{person} restaurou um trem a vapor em {place}",
            "a viagem levou {number} passageiros",
            "a linha foi fechada em {year}",
            "O trem de {place}",
        ),
        "es": Telling(
            "{person} restauró un tren de vapor en {place}",
            "el viaje llevó a {number} pasajeros",
            "la línea fue cerrada en {year}",
            "El tren de {place}",
        ),
        "en": Telling(
            "{person} restored a steam train in {place}",
            "the trip carried {number} passengers",
            "the line was closed in {year}",
            "The train of {place}",
        ),
    },
    "bakery": {
        "pt": Telling(
            "{person} comprou a padaria em {place}",
            "o forno assa {number} pães por dia",
            "o prédio foi construído em {year}",
            "Pão quente em {place}",
        ),
        "es": Telling(
            "{person} compró la panadería en {place}",
            "el horno cuece {number} panes al día",
            "la casa fue construida en {year}",
            "Pan caliente en {place}",
        ),
        "en": Telling(
            "{person} bought the bakery in {place}",
            "the oven bakes {number} loaves a day",
            "the house was built in {year}",
            "Warm bread in {place}",
        ),
    },
}
