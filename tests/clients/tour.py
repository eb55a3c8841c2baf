"""A tour with `fhirpy`: create, search, page, change, delete, as an application written with it would."""

import uuid

from fhirpy import SyncFHIRClient
from fhirpy.base.exceptions import OperationOutcome, ResourceNotFound

from talk import BASE, PATIENT, TOKEN, promise

client = SyncFHIRClient(BASE, authorization=f"Bearer {TOKEN}")
# Its `count()` sends `_totalMethod`, a parameter of another server: ignored only by who asks for it.
lenient = SyncFHIRClient(BASE, authorization=f"Bearer {TOKEN}", extra_headers={"Prefer": "handling=lenient"})
mark = uuid.uuid4().hex[:12]

patient = client.reference("Patient", PATIENT).to_resource()
promise(patient["id"] == PATIENT, "a reference becomes the person")

for number in range(7):
    client.resource(
        "Observation",
        status="final",
        code={"coding": [{"system": "http://loinc.org", "code": "29463-7"}]},
        subject=patient.to_reference(),
        effectiveDateTime=f"2026-02-{number + 1:02}",
        identifier=[{"system": "urn:socle:tour", "value": f"{mark}-{number}"}],
        valueQuantity={"value": 70 + number, "unit": "kg", "system": "http://unitsofmeasure.org", "code": "kg"},
    ).save()

weights = client.resources("Observation").search(patient=PATIENT, code="29463-7", date__ge="2026-02-01", date__le="2026-02-28")
mine = [one for one in weights.limit(3).fetch_all() if one["identifier"][0]["value"].startswith(mark)]
promise(len(mine) == 7, f"all seven come back over pages of three ({len(mine)})")
promise(lenient.resources("Observation").search(patient=PATIENT, code="29463-7").count() >= 7, "they are counted")
heavy = client.resources("Observation").search(patient=PATIENT, code="29463-7", value_quantity__gt="74500|http://unitsofmeasure.org|g")
promise(sum(one["identifier"][0]["value"].startswith(mark) for one in heavy.fetch_all() if one.get("identifier")) == 2, "grams find kilograms")
last = weights.sort("-date").limit(1).first()
promise(last["effectiveDateTime"] == "2026-02-07", "the newest is first")

one = mine[0]
one["note"] = [{"text": "contrôle"}]
one.save()
promise(client.reference("Observation", one["id"]).to_resource()["note"][0]["text"] == "contrôle", "a change is kept")
# Its own `patch()` sends a part of a resource, which R4 does not know: a JSON Patch says the same.
client.execute(f"Observation/{one['id']}", method="patch", data=[{"op": "replace", "path": "/status", "value": "amended"}])
promise(client.reference("Observation", one["id"]).to_resource()["status"] == "amended", "a patch is kept")

with_person = client.resources("Observation").search(_id=one["id"]).include("Observation", "subject").fetch_raw()
promise({entry.resource.resource_type for entry in with_person.entry} == {"Observation", "Patient"}, "the person is included")
everything = client.execute(f"Patient/{PATIENT}/$everything", method="get", params={"_count": "5"})
promise(everything["resourceType"] == "Bundle", "an operation is executed")

try:
    client.resource("Observation", status="no-such-status", code={"text": "x"}).save()
    promise(False, "a wrong status is refused")
except OperationOutcome as refusal:
    promise("status" in str(refusal), "a wrong status is refused, and the refusal names it")

for made in mine:
    made.delete()
try:
    client.reference("Observation", one["id"]).to_resource()
    promise(False, "what was deleted is gone")
except (ResourceNotFound, OperationOutcome):
    promise(True, "what was deleted is gone")
