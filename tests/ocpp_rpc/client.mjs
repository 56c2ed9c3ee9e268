// A charger in an independent implementation of OCPP-J (npm ocpp-rpc, strict schemas in both directions) that holds a
// central system to what chargers expect of it. Prints one JSON line a step; exit status 1 at the first mismatch.
//
//   node client.mjs --endpoint ws://127.0.0.1:8080/ocpp --identity CP-1 --password secret --protocol ocpp1.6
//                   --expect ALICE=Accepted --expect MALLORY=Invalid --await local-list-full,remote-start
//
// --expect TAG=STATUS (often): what Authorize must answer; the first Accepted one is the card of the sessions.
// --await COMMAND,… in this order: before each it prints {"step": "awaiting", "command": …} and waits for the central
//   system to send it. Commands that come unasked are answered too, and count when they are awaited later.
// --seconds N: how long it waits for each answer and each command (10).
import { randomUUID } from 'node:crypto';
import { parseArgs } from 'node:util';
import { createRPCError, RPCClient } from 'ocpp-rpc';
import { Charger16 } from './charger16.mjs';
import { Charger201 } from './charger201.mjs';

const { values: options } = parseArgs({
  options: {
    endpoint: { type: 'string' },
    identity: { type: 'string' },
    password: { type: 'string' },
    protocol: { type: 'string', default: 'ocpp1.6' },
    expect: { type: 'string', multiple: true, default: [] },
    await: { type: 'string', default: '' },
    seconds: { type: 'string', default: '10' },
  },
});
const patience = Number(options.seconds) * 1000;
const expected = options.expect.map((each) => each.split('='));
const awaited = options.await.split(',').filter(Boolean);
const commands = []; // those that came and were not awaited yet

function tell(step, facts = {}) {
  console.log(JSON.stringify({ step, ...facts }));
}

function must(condition, wrong) {
  if (!condition) throw new Error(wrong);
}

async function within(promise, wrong) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(wrong)), patience);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

const charger = new (options.protocol === 'ocpp1.6' ? Charger16 : Charger201)(must);

function newClient(password) {
  const client = new RPCClient({
    endpoint: options.endpoint,
    identity: options.identity,
    password,
    protocols: [options.protocol],
    strictMode: true,
    reconnect: false,
    callTimeoutMs: patience,
  });
  client.on('strictValidationFailure', ({ method, error }) => fail(new Error(`${method}: ${error.message}`)));
  client.handle(({ method, params }) => {
    const behave = charger.behaviours[method];
    tell('command', { action: method });
    if (behave === undefined) throw createRPCError('NotImplemented');
    const { command, answer, facts } = behave.call(charger, params);
    commands.push({ command, facts });
    wake();
    return answer;
  });
  return client;
}

let wake = () => {};
async function command(name) {
  tell('awaiting', { command: name });
  for (;;) {
    const at = commands.findIndex((each) => each.command === name);
    if (at >= 0) return commands.splice(at, 1)[0].facts;
    await within(new Promise((resolve) => { wake = resolve; }), `${name} did not come`);
  }
}

function fail(error) {
  tell('failed', { error: `${error.message}` });
  process.exit(1);
}

async function connect() {
  const client = newClient(options.password);
  await client.connect();
  must(client.protocol === options.protocol, `${client.protocol} was agreed to`);
  return client;
}

async function refusedWithWrongPassword() {
  try {
    await newClient(`not ${randomUUID()}`).connect();
  } catch (error) {
    must(error.code === 401, `a wrong password was answered with ${error.code ?? error.message}`);
    tell('wrong-password', { code: error.code });
    return;
  }
  throw new Error('a wrong password was accepted');
}

async function run() {
  if (options.password !== undefined) await refusedWithWrongPassword();
  let client = await connect();
  charger.call = (action, payload) => client.call(action, payload);
  tell('connected', { protocol: client.protocol });
  tell('boot', await charger.boot());
  tell('status', await charger.status());
  tell('heartbeat', await charger.heartbeat());
  for (const [tag, status] of expected) {
    const found = await charger.authorise(tag);
    tell('authorise', { tag, status: found });
    must(found === status, `${tag} is ${found}, not ${status}`);
  }
  const card = expected.find(([, status]) => status === 'Accepted')?.[0];
  const stranger = expected.find(([, status]) => status !== 'Accepted')?.[0];
  if (card !== undefined) {
    tell('session', await charger.session(card));
    tell('resent-session', await charger.resendSession());
  }
  if (stranger !== undefined) tell('refused-session', await charger.refusedSession(stranger));
  for (const name of awaited) {
    const facts = await command(name);
    tell(name, { ...facts, ...(await charger.after?.[name]?.call(charger, facts)) });
  }
  await charger.reporting; // else its last call would end with the link
  await client.close({ force: true }); // as a network fails: no close frame
  client = await connect();
  await charger.heartbeat();
  tell('reconnect', await charger.status());
  await client.close();
  tell('done');
}

run().then(() => process.exit(0), fail);
