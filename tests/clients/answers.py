"""Every kind of answer of the FHIR API is read by the models of `fhir.resources` (R4B: the same as R4 for what is read here)."""

import importlib
import uuid

from talk import BASE, PATIENT, ask, expect, promise


def model(resource):
    """The strict model of a resource: raises when an element is unknown, misplaced or of another type."""
    name = resource["resourceType"]
    module = importlib.import_module(f"fhir.resources.R4B.{name.lower()}")
    return getattr(module, name).model_validate(resource)


def read(reply, words):
    """Parses an answer and, in a Bundle, everything it holds."""
    resource = reply.json()
    try:
        parsed = model(resource)
        held = resource.get("entry", []) if resource["resourceType"] == "Bundle" else []
        for entry in held:
            for place in (entry, entry.get("response", {})):
                for inner in (place.get("resource"), place.get("outcome")):
                    if inner:
                        model(inner)
    except Exception as error:  # the models raise their own kinds; any of them is a broken promise
        promise(False, f"{words}: {error}")
    promise(True, f"{words} is a {parsed.get_resource_type()} ({len(held)} entries)" if held else f"{words} is a {parsed.get_resource_type()}")
    return resource


mark = uuid.uuid4().hex[:12]
patient = f"Patient/{PATIENT}"
observation = {
    "resourceType": "Observation",
    "status": "final",
    "code": {"coding": [{"system": "http://loinc.org", "code": "8867-4", "display": "Heart rate"}]},
    "subject": {"reference": patient},
    "effectiveDateTime": "2026-03-01T08:00:00Z",
    "identifier": [{"system": "urn:socle:tour", "value": mark}],
    "valueQuantity": {"value": 61, "unit": "/min", "system": "http://unitsofmeasure.org", "code": "/min"},
}

read(expect(ask("GET", "metadata", token=None), 200, "the capabilities need no token"), "the capabilities")
created = expect(ask("POST", "Observation", observation), 201, "an observation is created")
stored = read(created, "what a creation gives back")
where = f"Observation/{stored['id']}"
read(expect(ask("GET", where), 200, "it is read"), "a read")
read(expect(ask("GET", f"{where}/_history/1"), 200, "its first version is read"), "a version")
stored["valueQuantity"]["value"] = 62
read(expect(ask("PUT", where, stored, If_Match='W/"1"'), 200, "it is updated"), "an update")
read(expect(ask("GET", f"{where}/_history"), 200, "its history is told"), "a history")
read(expect(ask("GET", "Observation/_history?_count=5"), 200, "the history of a type is told"), "the history of a type")
read(expect(ask("GET", "_history?_count=5"), 200, "the history of everything is told"), "the history of everything")

for query in [
    f"Observation?patient={PATIENT}&_count=5&_sort=-date",
    f"Observation?patient={PATIENT}&_include=Observation:subject&_count=3",
    f"Patient?_id={PATIENT}&_revinclude=Observation:subject",
    f"Observation?patient={PATIENT}&_summary=true",
    f"Observation?patient={PATIENT}&_summary=count",
    f"Observation?patient={PATIENT}&_elements=status,code",
    f"Patient?_has:Observation:patient:identifier=urn:socle:tour|{mark}",
    f"Observation?subject:Patient._id={PATIENT}&_count=2",
    f"Patient/{PATIENT}/Observation?_count=2",
    f"DocumentReference?patient={PATIENT}",
    f"AuditEvent?patient={PATIENT}&_count=3",
    "Practitioner?_count=3",
    "PractitionerRole?_count=2&_include=PractitionerRole:practitioner",
    "Organization?name=a&_count=2",
    "ValueSet?_count=2",
    "SearchParameter?_count=2",
    "StructureDefinition?_count=1",
    "OperationDefinition?_count=2",
]:
    read(expect(ask("GET", query), 200, f"the search {query} is answered"), f"the search {query}")

read(expect(ask("GET", f"Patient/{PATIENT}/$everything?_count=20"), 200, "everything about a person"), "$everything")
read(expect(ask("POST", "Observation/$validate", observation), 200, "a resource is validated"), "$validate")
read(expect(ask("GET", f"{where}/$meta"), 200, "the meta of a resource"), "$meta")
read(expect(ask("GET", "ValueSet/$expand?url=http://hl7.org/fhir/ValueSet/administrative-gender"), 200, "a value set is expanded"), "$expand")
read(expect(ask("GET", "CodeSystem/$lookup?system=http://hl7.org/fhir/administrative-gender&code=female"), 200, "a code is looked up"), "$lookup")
read(expect(ask("GET", "ValueSet/$validate-code?url=http://hl7.org/fhir/ValueSet/administrative-gender&code=female&system=http://hl7.org/fhir/administrative-gender"), 200, "a code is validated"), "$validate-code")
read(expect(ask("GET", "CodeSystem/$subsumes?system=http://terminology.hl7.org/CodeSystem/v3-ActCode&codeA=AMB&codeB=AMB"), 200, "codes are compared"), "$subsumes")
read(expect(ask("GET", f"Observation/$lastn?patient={PATIENT}&category=vital-signs&max=1"), 200, "the last observations"), "$lastn")
path = {"resourceType": "Parameters", "parameter": [
    {"name": "expression", "valueString": "value.value > 60"}, {"name": "resource", "resource": observation}]}
read(expect(ask("POST", "$fhirpath", path), 200, "an expression is evaluated"), "$fhirpath")

bundle = {"resourceType": "Bundle", "type": "transaction", "entry": [
    {"fullUrl": f"urn:uuid:{uuid.uuid4()}", "resource": observation | {"identifier": [{"system": "urn:socle:tour", "value": mark + "-2"}]},
     "request": {"method": "POST", "url": "Observation", "ifNoneExist": f"identifier=urn:socle:tour|{mark}-2"}},
    {"request": {"method": "GET", "url": f"Patient/{PATIENT}"}}]}
read(expect(ask("POST", "", bundle), 200, "a transaction is carried out"), "a transaction")
read(expect(ask("POST", "", bundle | {"type": "batch"}, Prefer="return=representation"), 200, "a batch is carried out"), "a batch")

read(expect(ask("GET", "Observation?no-such-parameter=1"), 400, "an unknown parameter is refused"), "its refusal")
read(expect(ask("GET", "Observation/none-such"), 404, "what is not there is not found"), "not found")
read(expect(ask("POST", "Observation", {"resourceType": "Observation", "colour": "blue"}), 422, "a wrong resource is refused"), "a refusal of content")
read(expect(ask("PUT", where, stored, If_Match='W/"99"'), 412, "a lost race is told"), "a lost race")
read(expect(ask("GET", where, Accept="application/fhir+xml"), 406, "XML is not offered"), "not acceptable")
read(expect(ask("GET", where, token=None), 401, "a stranger is refused"), "the refusal of a stranger")
expect(ask("DELETE", where), 204, "it is deleted")
read(expect(ask("GET", where), 410, "it is gone"), "gone")
promise(BASE.endswith("/fhir"), "the tour is over")
