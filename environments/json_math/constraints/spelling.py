"""What else tells English, Spanish and Portuguese apart: typical spellings, and common words of things."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

_EN = (
    r"[wk]|th|sh|gh|[bcfghkptv]$|[bcdfgkplrt]s$|[bcdfglmnprstvz]ys?$|ing$|tions?$|dge|dd|ff|mm|pp|tt|^s[bcdfgklmnpqtv]"
)
_ES = r"ñ|ci(?:ón|ones)$|ió$|ieron$"
_PT = r"[ãõçâêôà]|[nl]h[aeiouáéíóú]|eir[ao]s?$|[eio]u$|age(?:m|ns)$"
_ROMANCE = r"[ae]nt[eo]s?$|[aiu]d[ao]s?$"
# What speaks for the first against the second.
SPELLINGS: Mapping[tuple[str, str], re.Pattern[str]] = {
    ("en", "es"): re.compile(_EN),
    ("en", "pt"): re.compile(rf"{_EN}|d$"),
    ("es", "en"): re.compile(rf"{_ES}|{_ROMANCE}"),
    ("es", "pt"): re.compile(rf"{_ES}|[nd]$|ll|[bcfjmnptv]ue[bcdglmnrstv]"),
    ("pt", "en"): re.compile(rf"{_PT}|{_ROMANCE}"),
    ("pt", "es"): re.compile(rf"{_PT}|[aeiou]m$|ss|ou"),
}
_COMMON: Mapping[str, str] = {
    "en": """
        baker bakery boat book books bread bridge bridges car cars child children choir church city clock clocks
        cow day days dog fish flower flowers garden gardens house houses key kitchen letter letters library
        light line man market men metre metres mile miles morning mountain museum name new night old opened
        opens passenger passengers people piece pieces place race rain restored restores river road room runner
        runners said school sea seat seats song stall stalls station steam stone street table theatre time tower
        town train trains tree trees village visitor visitors water week window woman women world year years
        young
    """,
    "es": """
        agua año años árbol árboles asientos ayuntamiento barco calle calles canción ciudad coche corredores
        estación flores fuente gente hermano hijo hijos hombre hombres huerto iglesia jardín juego lluvia luz
        llave madera mañana mercado mujer mujeres museo niña niño niños noche noches nueva nuevas nuevo nuevos
        panadería pan panes panadero pasajero pasajeros pescado piedra pieza piezas playa plaza pueblo puente
        puentes puerta puesto puestos reloj relojes restauró reúne silla sillas teatro tiempo tienda tren trenes
        vapor ventana viaje viajes vieja viejo viejos abre abrió
    """,
    "pt": """
        água ano anos árvore árvores assentos barco cidade comboio comboios corredores criança crianças estação
        feira filho filhos flores gente homem homens igreja inverno irmão janela jardim jogo livro livros luz
        madeira manhã mercado mulher mulheres museu museus noite noites nova novas novo novos padaria padeiro
        pão pães passageiro passageiros pedra peça peças peixe peixes pessoas ponte pontes porta povo praia
        praça prédio reabre relógio relógios reúne restaurou rio rua ruas teatro tempo trem trens vapor velha
        velho velhos viagem viagens abre abriu
    """,
}
COMMON: Mapping[str, frozenset[str]] = {name: frozenset(text.split()) for name, text in _COMMON.items()}


def spelled(found: Sequence[str], language: str, other: str) -> list[str]:
    """Return the words, of those without a capital, that are spelled as one language and not as the other."""
    mine, theirs = SPELLINGS[language, other], SPELLINGS[other, language]
    common = COMMON[language] - COMMON[other]
    return [
        word
        for word in found
        if word[0].islower() and word not in COMMON[other]
        if word in common or (mine.search(word) and not theirs.search(word))
    ]
