// Does operations with the types that openapi-typescript makes, and prints the number of them. What the compiler takes
// here is what an integrator can rely on.

import createClient from "openapi-fetch";
import type { components, paths } from "./schema.js";

type Schemas = components["schemas"];

declare const process: { argv: string[] };

const [, , baseUrl, key] = process.argv;
if (baseUrl === undefined || key === undefined) throw new Error("usage: operations.js URL KEY");

const client = createClient<paths>({ baseUrl, headers: { "x-api-key": key } });
let done = 0;

type Answer<T> = Promise<{ data?: T; error?: unknown; response: Response }>;

/** Returns the data of a good answer. Throws for any other. */
async function good<T>(answer: Answer<T>): Promise<T> {
  const { data, error, response } = await answer;
  if (!response.ok) throw new Error(`${response.status} ${response.url}: ${JSON.stringify(error)}`);
  done += 1;
  return data as T;
}

/** Returns the answer to a change, which is no impact: only `dryRun=true` is answered with one. */
async function changed<T>(answer: Answer<T>): Promise<Exclude<T, Schemas["Impact"]>> {
  const data = await good(answer);
  if (isImpact(data)) throw new Error("a change was answered with an impact");
  return data as Exclude<T, Schemas["Impact"]>;
}

function isImpact(data: unknown): data is Schemas["Impact"] {
  return typeof data === "object" && data !== null && "dryRun" in data;
}

function equal(actual: unknown, expected: unknown): void {
  if (actual !== expected) throw new Error(`${JSON.stringify(actual)} is not ${JSON.stringify(expected)}`);
}

const site: Schemas["Site"] = await changed(
  client.POST("/v2/sites", { body: { name: "TypeScript garage", groupType: "SITE", timezone: "Europe/Helsinki" } }),
);
const seen = await good(client.GET("/v2/sites/{siteId}", { params: { path: { siteId: site.id } } }));
equal(seen.groupType, "SITE");
const renamed = await changed(
  client.PATCH("/v2/sites/{siteId}", { params: { path: { siteId: site.id } }, body: { name: "Garage TS" } }),
);
equal(renamed.name, "Garage TS");

const charger: Schemas["Charger"] = await changed(
  client.POST("/v2/chargers", {
    body: {
      chargerId: "TS-1",
      siteId: site.id,
      name: "TypeScript bay",
      capabilities: ["RFID_READER"],
      sockets: [{ id: 1, type: "IEC_62196_T2", format: "SOCKET", maxWatts: 22000 }],
    },
  }),
);
equal(charger.sockets[0]?.format, "SOCKET");
const path = { chargerId: charger.chargerId };
const dry = await good(
  client.PATCH("/v2/chargers/{chargerId}", { params: { path, query: { dryRun: true } }, body: { name: "Bay one" } }),
);
if (!isImpact(dry)) throw new Error("a dry run was not answered with an impact");
equal(dry.drivers.total, 0);
const renamedCharger = await changed(client.PATCH("/v2/chargers/{chargerId}", { params: { path }, body: { name: "Bay one" } }));
equal(renamedCharger.name, "Bay one");
equal((await good(client.GET("/v2/chargers/{chargerId}", { params: { path } }))).name, "Bay one");
const listed = await good(client.GET("/v2/chargers", { params: { query: { siteId: site.id, limit: 10 } } }));
equal(listed.items.length, 1);

const driver: Schemas["Driver"] = await changed(
  client.POST("/v2/drivers", { body: { name: "Tina", tags: [{ idTag: "TSTAG1" }] } }),
);
const tag: Schemas["Tag"] = await changed(
  client.POST("/v2/tags", { body: { idTag: "TSTAG2", driverId: driver.id, tokenName: "Key fob" } }),
);
const blocked = await changed(
  client.PATCH("/v2/tags/{tagId}", { params: { path: { tagId: tag.id } }, body: { blocked: true } }),
);
equal(blocked.blocked, true);
const right: Schemas["Right"] = await changed(
  client.POST("/v2/rights", { body: { driverId: driver.id, siteId: site.id } }),
);
const limited = await changed(
  client.PATCH("/v2/rights/{rightId}", {
    params: { path: { rightId: right.id } },
    body: { hours: [1, 2, 3, 4, 5, 6, 7].map((weekday) => ({ weekday, from: "00:00", until: "24:00" })) },
  }),
);
equal(limited.hours?.length, 7);
equal((await good(client.GET("/v2/rights", { params: { query: { driverId: driver.id } } }))).items.length, 1);

const question = { chargerId: charger.chargerId, idTag: "TSTAG1" };
const decision = await good(client.POST("/v2/access/check", { body: question }));
equal(decision.allowed, true);
equal(decision.reason satisfies Schemas["DecisionReason"], "Accepted");
const group: Schemas["AccessGroup"] = await changed(
  client.POST("/v2/charger-access-groups", { body: { name: "TS", chargerIds: ["TS-1"] } }),
);
equal(group.chargers?.[0]?.chargerId, "TS-1");
const events = await good(client.GET("/v2/events", { params: { query: { types: ["right.granted"] } } }));
equal(events.items.at(-1)?.type satisfies Schemas["EventType"] | undefined, "right.granted");
const audit = await good(client.GET("/v2/audit-logs", { params: { query: { kind: "driver" } } }));
equal(audit.items.length > 0, true);

const asked = await good(client.POST("/api/group/authorisedUsers", { body: { groupIds: [site.id] } }));
equal(asked[0]?.users[0]?.name, "Tina");
equal((await good(client.GET("/api/groups"))).length > 0, true);

await good(client.DELETE("/v2/rights/{rightId}", { params: { path: { rightId: right.id } } }));
const { error } = await client.GET("/v2/rights/{rightId}", { params: { path: { rightId: right.id } } });
equal(error?.status, 404);
equal(error?.title, "Not Found");

console.log(done);
