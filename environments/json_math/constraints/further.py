"""Small words of languages that no text is asked for in, and that a text in another one is told from.

Words that mean something ordinary in English, Spanish or Portuguese (German "die", French "pour") are left out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

FURTHER_NAMES: Mapping[str, str] = {
    "ca": "Catalan",
    "de": "German",
    "fr": "French",
    "gl": "Galician",
    "it": "Italian",
}
_FURTHER: Mapping[str, str] = {
    "ca": """
        a al als amb aquell aquella aquest aquesta aquestes aquests això així cada com de del dels des després
        el ella ells els en entre era es està estan estava és ha han he i ja la les lo molt molta molts molta
        més mentre ni no nosaltres o on per perquè però pel pels què quan quina qui que se sense ser seva seves
        seus seu si són sobre també te tan tot tots tota totes tenen un una unes uns va vaig vam
    """,
    "de": """
        aber alle als am an auch auf aus bei bis da das dass dem der des diese dieser dieses doch du durch ein
        eine einem einen einer eines er es für haben hatte ich ihr ihre im in ist ja kein keine mehr mit nach
        nicht noch nur oder ohne sein seine seinen sich sie sind so und uns unter viele vom von vor waren was
        wenn werden wie will wir wird wurde wurden zu zum zur zwei über
    """,
    "fr": """
        a ainsi alors au aussi aux avant avec beaucoup bien ce ces cet cette chez comme dans de depuis des deux
        donc dont du elle elles en entre est et étaient était été eu fut il ils je la le les leur leurs lui mais
        me même ne ni nos notre nous on ont ou où pas peu que quand qui sa sans se ses si sont te tous tout
        toute toutes très trois tu un une vers votre vous y à
    """,
    "gl": """
        a algo algún algunha ao aos aquel as até baixo ben cada cando como con contra cunha cun da das de del
        dela desde despois do dos dous dun dunha dúas e el ela eles en entre era eran esa ese esta está este
        estes estaba eu fai foi foron hai ha iso isto lle lles logo máis mais me mesmo meu moi moita moitas
        moito moitos na nas nada nin ningún no non nos nosa noso nunha o onde os ou outra outro para pero pois
        por porque que se sen seu seus si sobre só súa súas tamén tan te teñen teu toda todas todo todos tras un
        unha unhas uns xa á ás é ó ós
    """,
    "it": """
        a agli al alla alle allo anche ancora che chi ci con così cui da dai dal dalla dalle del dell della
        delle dello degli di e ed egli era erano essere fra fu gli ha hanno ho i il in io la le lo lui ma me
        mentre mi molto ne nei nel nella nelle nello negli no noi non nostra nostro o ogni per perché più poi
        quando quella quelle quello questa queste questi questo qui se senza si sia stata stato su sua sue sugli
        sul sulla suo suoi te ti tra tutta tutte tutti tutto un una uno è
    """,
}
FURTHER: Mapping[str, frozenset[str]] = {name: frozenset(text.split()) for name, text in _FURTHER.items()}
# l'home, d'una, qu'il, dell'anno: only these three run words together so.
ELIDED = re.compile(r"(?:[cdjlmnst]|qu|un|(?:d|n|s|a)[eua]?ll)['’][^\W\d_]{2}")
ELIDES = ("ca", "fr", "it")
