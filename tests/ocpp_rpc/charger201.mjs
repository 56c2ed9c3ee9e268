// OCPP 2.0.1: what the charging station says, and what it answers to commands.
import { randomUUID } from 'node:crypto';

const ITEMS = 2; // of the report in one part
const HEARTBEAT = {
  component: { name: 'OCPPCommCtrlr' },
  variable: { name: 'HeartbeatInterval' },
  variableAttribute: [{ value: '300', mutability: 'ReadWrite' }],
  variableCharacteristics: { dataType: 'integer', supportsMonitoring: false },
};
const REPORT = [
  HEARTBEAT,
  {
    component: { name: 'LocalAuthListCtrlr' },
    variable: { name: 'Entries' },
    variableAttribute: [{ value: '0', mutability: 'ReadOnly' }],
    variableCharacteristics: { dataType: 'integer', maxLimit: 100, supportsMonitoring: false },
  },
  {
    component: { name: 'LocalAuthListCtrlr' },
    variable: { name: 'ItemsPerMessage' },
    variableAttribute: [{ value: '50', mutability: 'ReadOnly' }],
    variableCharacteristics: { dataType: 'integer', supportsMonitoring: false },
  },
];

function token(idToken) {
  return { idToken, type: 'ISO14443' };
}

function known({ component, variable }) {
  return REPORT.find((each) => each.component.name === component.name && each.variable.name === variable.name);
}

export class Charger201 {
  constructor(must) {
    this.must = must;
    this.version = 0;
    this.list = new Map();
    this.after = {
      configuration: () => this.reporting,
      'remote-start': this.startedRemotely,
      'remote-stop': this.stoppedRemotely,
    };
  }

  async boot() {
    const chargingStation = { vendorName: 'ocpp-rpc', model: 'Independent', firmwareVersion: '1.0.0' };
    const answer = await this.call('BootNotification', { reason: 'PowerUp', chargingStation });
    this.must(answer.status === 'Accepted', `the boot is ${answer.status}`);
    this.must(answer.interval > 0, 'the heartbeat interval is no number of seconds');
    return answer;
  }

  async status() {
    const timestamp = new Date().toISOString();
    await this.call('StatusNotification', { timestamp, connectorStatus: 'Available', evseId: 1, connectorId: 1 });
    return { connectors: 1 };
  }

  async heartbeat() {
    return this.call('Heartbeat', {});
  }

  async authorise(tag) {
    return (await this.call('Authorize', { idToken: token(tag) })).idTokenInfo.status;
  }

  async event(eventType, triggerReason, more = {}) {
    const event = {
      eventType,
      triggerReason,
      timestamp: new Date().toISOString(),
      seqNo: this.events.length,
      evse: { id: 1, connectorId: 1 },
      transactionInfo: { transactionId: this.transactionId },
      ...more,
    };
    this.events.push(event);
    return this.call('TransactionEvent', event);
  }

  async start(tag, triggerReason = 'Authorized', transactionId = randomUUID()) {
    this.events = [];
    this.transactionId = transactionId;
    const { idTokenInfo } = await this.event('Started', triggerReason, { idToken: token(tag) });
    this.must(idTokenInfo !== undefined, 'a start with a card is answered without idTokenInfo');
    return idTokenInfo.status;
  }

  async session(tag) {
    const status = await this.start(tag);
    this.must(status === 'Accepted', `the start is ${status}`);
    const meterValue = [{ timestamp: new Date().toISOString(), sampledValue: [{ value: 2600 }] }];
    await this.event('Updated', 'MeterValuePeriodic', { meterValue });
    await this.event('Ended', 'StopAuthorized', { idToken: token(tag) });
    return { transactionId: this.transactionId };
  }

  async resendSession() {
    for (const event of this.events) await this.call('TransactionEvent', { ...event, offline: true });
    return { transactionId: this.transactionId, events: this.events.length };
  }

  async refusedSession(tag) {
    const status = await this.start(tag);
    this.must(status !== 'Accepted', `${tag} may start`);
    await this.event('Ended', 'Deauthorized');
    return { transactionId: this.transactionId, status };
  }

  async report(requestId) {
    const parts = Math.ceil(REPORT.length / ITEMS);
    for (let seqNo = 0; seqNo < parts; seqNo += 1) {
      await this.call('NotifyReport', {
        requestId,
        seqNo,
        tbc: seqNo < parts - 1,
        generatedAt: new Date().toISOString(),
        reportData: REPORT.slice(seqNo * ITEMS, (seqNo + 1) * ITEMS),
      });
    }
    return { parts };
  }

  async startedRemotely({ tag, remoteStartId }) {
    this.events = [];
    this.transactionId = randomUUID();
    const transactionInfo = { transactionId: this.transactionId, remoteStartId };
    const { idTokenInfo } = await this.event('Started', 'RemoteStart', { idToken: token(tag), transactionInfo });
    return { transactionId: this.transactionId, status: idTokenInfo?.status };
  }

  async stoppedRemotely({ transactionId }) {
    this.must(transactionId === this.transactionId, `session ${transactionId} is to stop, ${this.transactionId} runs`);
    await this.event('Ended', 'RemoteStop');
    return {};
  }

  behaviours = {
    GetBaseReport({ requestId }) {
      const before = this.reporting; // whoever waits for the last report has waited for all
      this.reporting = new Promise((resolve) => { setImmediate(resolve); })
        .then(() => before)
        .then(() => this.report(requestId));
      return { command: 'configuration', answer: { status: 'Accepted' }, facts: { requestId } };
    },
    GetVariables({ getVariableData }) {
      const getVariableResult = getVariableData.map(({ component, variable }) => {
        const found = known({ component, variable });
        if (found === undefined) return { component, variable, attributeStatus: 'UnknownVariable' };
        return { component, variable, attributeStatus: 'Accepted', attributeValue: found.variableAttribute[0].value };
      });
      return { command: 'variables', answer: { getVariableResult }, facts: { variables: getVariableResult.length } };
    },
    SetVariables({ setVariableData }) {
      const setVariableResult = setVariableData.map(({ component, variable, attributeValue }) => {
        const found = known({ component, variable });
        const writable = found?.variableAttribute[0].mutability === 'ReadWrite';
        if (writable) found.variableAttribute[0].value = attributeValue;
        const attributeStatus = found === undefined ? 'UnknownVariable' : writable ? 'Accepted' : 'Rejected';
        return { component, variable, attributeStatus };
      });
      const facts = { statuses: setVariableResult.map((each) => each.attributeStatus) };
      return { command: 'change-configuration', answer: { setVariableResult }, facts };
    },
    GetLocalListVersion() {
      return { command: 'local-list-version', answer: { versionNumber: this.version }, facts: { version: this.version } };
    },
    SendLocalList({ versionNumber, updateType, localAuthorizationList = [] }) {
      const full = updateType === 'Full';
      if (!full && versionNumber <= this.version) {
        return { command: 'local-list-mismatch', answer: { status: 'VersionMismatch' }, facts: { versionNumber } };
      }
      if (full) this.list.clear();
      for (const { idToken, idTokenInfo } of localAuthorizationList) {
        if (idTokenInfo === undefined) this.list.delete(idToken.idToken);
        else this.list.set(idToken.idToken, idTokenInfo.status);
      }
      this.version = this.list.size ? versionNumber : 0;
      const facts = { version: versionNumber, tags: Object.fromEntries(this.list) };
      return { command: full ? 'local-list-full' : 'local-list-differential', answer: { status: 'Accepted' }, facts };
    },
    ClearCache() {
      return { command: 'clear-cache', answer: { status: 'Rejected' }, facts: {} };
    },
    RequestStartTransaction({ idToken, evseId, remoteStartId }) {
      const facts = { tag: idToken.idToken, evseId, remoteStartId };
      return { command: 'remote-start', answer: { status: 'Accepted' }, facts };
    },
    RequestStopTransaction({ transactionId }) {
      const status = transactionId === this.transactionId ? 'Accepted' : 'Rejected';
      return { command: 'remote-stop', answer: { status }, facts: { transactionId } };
    },
  };
}
