import { TableServiceClient, TableClient, odata, generateTableSas, AzureNamedKeyCredential } from "@azure/data-tables";

const options = { allowInsecureConnection: true };
const service = TableServiceClient.fromConnectionString(process.env.CONNECTION, options);
const out = {};
await service.createTable("JsTable");
const table = TableClient.fromConnectionString(process.env.CONNECTION, "JsTable", options);
await table.createEntity({ partitionKey: "p", rowKey: "1", text: "ä'日", number: 5, big: 9007199254740993n, flag: true, when: new Date("2026-01-02T03:04:05Z"), bytes: new Uint8Array([1, 2, 255]), real: 1.5 });
const found = await table.getEntity("p", "1");
out.entity = [found.text, found.number, String(found.big), found.flag, found.when instanceof Date ? found.when.toISOString() : String(found.when), [...found.bytes], found.real, Boolean(found.etag && found.timestamp)];
try { await table.createEntity({ partitionKey: "p", rowKey: "1" }); } catch (error) { out.duplicate = [error.statusCode, error.details?.odataError?.code]; }
await table.updateEntity({ partitionKey: "p", rowKey: "1", number: 6 }, "Merge");
await table.upsertEntity({ partitionKey: "p", rowKey: "odd 'key' +%&", number: 7 }, "Replace");
out.odd = (await table.getEntity("p", "odd 'key' +%&")).number;
try { await table.updateEntity({ partitionKey: "p", rowKey: "1", number: 7 }, "Replace", { etag: found.etag }); } catch (error) { out.conflict = [error.statusCode, error.details?.odataError?.code]; }
const actions = [];
for (let i = 0; i < 50; i++) actions.push(["create", { partitionKey: "batch", rowKey: String(i).padStart(3, "0"), number: i }]);
out.batch = (await table.submitTransaction(actions)).subResponses.length;
try { await table.submitTransaction([["delete", { partitionKey: "batch", rowKey: "000" }], ["create", { partitionKey: "batch", rowKey: "001" }]]); } catch (error) { out.failedBatch = [error.statusCode, error.code ?? error.details?.odataError?.code]; }
out.queried = [];
for await (const entity of table.listEntities({ queryOptions: { filter: odata`PartitionKey eq ${"batch"} and number ge ${40} and number lt ${43}`, select: ["rowKey", "number"] } })) out.queried.push([entity.rowKey, entity.number]);
out.pages = [];
for await (const page of table.listEntities({ queryOptions: { filter: "PartitionKey eq 'batch'" } }).byPage({ maxPageSize: 20 })) out.pages.push(page.length);
await table.deleteEntity("p", "1");
try { await table.getEntity("p", "1"); } catch (error) { out.missing = [error.statusCode, error.details?.odataError?.code]; }
out.tables = [];
for await (const item of service.listTables({ queryOptions: { filter: "TableName eq 'JsTable'" } })) out.tables.push(item.name);
await table.setAccessPolicy([{ id: "policy", accessPolicy: { permission: "r", start: new Date("2026-01-01T00:00:00Z"), expiry: new Date("2030-01-01T00:00:00Z") } }]);
out.policies = (await table.getAccessPolicy()).map((p) => p.id);
out.cors = (await service.getProperties()).cors?.length ?? 0;
await table.deleteTable();
console.log(JSON.stringify(out));
