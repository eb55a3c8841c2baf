// A tour with `fhir-kit-client`, and `fhirpath` (both from npm) beside our own `$fhirpath`.

import { randomUUID } from "node:crypto";
import { Client } from "fhir-kit-client";
import fhirpath from "fhirpath";
import model from "fhirpath/fhir-context/r4/index.js";

const { SOCLE_FHIR: baseUrl, SOCLE_TOKEN: bearerToken, SOCLE_PATIENT: patientId } = process.env;
const client = new Client({ baseUrl, bearerToken });
const mark = randomUUID();

const promise = (isKept, words) => {
  if (!isKept) {
    console.error(`BROKEN: ${words}`);
    process.exit(1);
  }
  console.log(`kept: ${words}`);
};

const capabilities = await client.capabilityStatement();
promise(capabilities.fhirVersion === "4.0.1", "the capabilities say which FHIR is spoken");

const weight = (value) => ({
  resourceType: "Observation",
  status: "final",
  code: { coding: [{ system: "http://loinc.org", code: "8302-2" }] },
  subject: { reference: `Patient/${patientId}` },
  effectiveDateTime: "2026-01-15",
  identifier: [{ system: "urn:socle:tour", value: mark }],
  valueQuantity: { value, unit: "cm", system: "http://unitsofmeasure.org", code: "cm" },
});

const created = await client.create({ resourceType: "Observation", body: weight(171) });
promise(Boolean(created.id), "a resource is created");
const again = await client.create({
  resourceType: "Observation",
  body: weight(171),
  options: { headers: { "If-None-Exist": `identifier=urn:socle:tour|${mark}` } },
});
promise(again.id === undefined || again.id === created.id, "a conditional creation makes no second one");
const read = await client.read({ resourceType: "Observation", id: created.id });
promise(read.valueQuantity.value === 171, "it is read");
const updated = await client.update({ resourceType: "Observation", id: created.id, body: { ...read, valueQuantity: { ...read.valueQuantity, value: 172 } } });
promise(updated.meta.versionId === "2", "an update makes a version");
const first = await client.vread({ resourceType: "Observation", id: created.id, version: "1" });
promise(first.valueQuantity.value === 171, "the first version stays");
const patched = await client.patch({ resourceType: "Observation", id: created.id, jsonPatch: [{ op: "replace", path: "/status", value: "amended" }] });
promise(patched.status === "amended", "a patch is applied");
const history = await client.history({ resourceType: "Observation", id: created.id });
promise(history.entry.length === 3, "the history has every version");
const ofType = await client.history({ resourceType: "Observation" });
promise(ofType.type === "history", "the history of a type is told");

const page = await client.search({ resourceType: "Observation", searchParams: { patient: patientId, _count: "2", _sort: "-date" } });
promise(page.entry.length === 2 && page.link.some((link) => link.relation === "next"), "a page has two results and a next page");
const next = await client.nextPage({ bundle: page });
promise(next.entry.every((entry) => !page.entry.some((other) => other.fullUrl === entry.fullUrl)), "the next page repeats nothing");
const posted = await client.search({ resourceType: "Observation", searchParams: { identifier: `urn:socle:tour|${mark}` }, options: { postSearch: true } });
promise(posted.total === 1, "a search by POST finds it");
const compartment = await client.search({ resourceType: "Observation", compartment: { resourceType: "Patient", id: patientId } });
promise(compartment.total > 0, "the compartment of the person is searched");
const system = await client.search({ searchParams: { _type: "Observation,Patient", _id: created.id } });
promise(system.entry.length === 1, "the whole system is searched");

const answered = await client.transaction({ body: { resourceType: "Bundle", type: "transaction", entry: [
  { fullUrl: "urn:uuid:6f2a2a5e-0000-4000-8000-000000000001", resource: weight(173), request: { method: "POST", url: "Observation" } },
  { resource: { resourceType: "Provenance", target: [{ reference: "urn:uuid:6f2a2a5e-0000-4000-8000-000000000001" }], recorded: "2026-01-15T10:00:00Z",
    agent: [{ who: { reference: `Patient/${patientId}` } }] }, request: { method: "POST", url: "Provenance" } },
] } });
promise(answered.entry.every((entry) => entry.response.status.startsWith("201")), "a transaction writes both");
const batched = await client.batch({ body: { resourceType: "Bundle", type: "batch", entry: [
  { request: { method: "GET", url: `Observation/${created.id}` } }, { request: { method: "GET", url: "Observation/none-such" } } ] } });
promise(batched.entry.map((entry) => entry.response.status.slice(0, 3)).join() === "200,404", "a batch answers each entry on its own");

const expanded = await client.operation({ name: "expand", resourceType: "ValueSet", method: "GET", input: { url: "http://hl7.org/fhir/ValueSet/observation-status" } });
promise(expanded.expansion.contains.length === 8, "a value set is expanded by operation");

const same = [
  "Observation.value.value", "code.coding.code", "status = 'amended'", "subject.reference.split('/').last()", "value.unit & '!'",
  "effective.toString().substring(0, 4)", "identifier.where(system = 'urn:socle:tour').value", "(value.value / 2).round(1)",
  "Observation.code.coding.exists(system = 'http://loinc.org')", "meta.versionId.toInteger() + 1",
];
for (const expression of same) {
  const theirs = fhirpath.evaluate(patched, expression, {}, model);
  const answer = await client.operation({ name: "fhirpath", input: { resourceType: "Parameters", parameter: [
    { name: "expression", valueString: expression }, { name: "resource", resource: patched } ] } });
  const ours = (answer.parameter ?? []).filter((part) => part.name === "result").flatMap((part) => part.part ?? [part])
    .map((part) => Object.entries(part).find(([key]) => key.startsWith("value"))?.[1]);
  promise(JSON.stringify(ours.map(String)) === JSON.stringify(theirs.map(String)), `${expression} is ${JSON.stringify(theirs)} in both engines (ours ${JSON.stringify(ours)})`);
}

const refused = await client.create({ resourceType: "Observation", body: { resourceType: "Observation", status: "final" } }).catch((error) => error);
promise(refused.response?.status === 422 && refused.response.data.resourceType === "OperationOutcome", "a wrong resource is refused with an outcome");
await client.delete({ resourceType: "Observation", id: created.id });
const gone = await client.read({ resourceType: "Observation", id: created.id }).catch((error) => error);
promise(gone.response?.status === 410, "what was deleted is gone");
