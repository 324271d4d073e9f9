"""Makes the database of an installation that is going to be broken: schema, small town, persons; prints the persons."""

import json
import sys

from yibao.interfaces.commands.prepared import migrate, prepare


def main(persons, balance_fen):
    prepare()
    migrate()
    from django.db import transaction

    from tests.journeys.small_town import found_town, new_person

    with transaction.atomic():
        found_town()
        made = [new_person(balance_fen=balance_fen) for _ in range(persons)]
    json.dump([(person.number, person.document_number) for person in made], sys.stdout)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
