// OCPP 1.6: what the charger says, and what it answers to commands.
const KEYS = [
  { key: 'HeartbeatInterval', readonly: false, value: '300' },
  { key: 'LocalAuthListEnabled', readonly: false, value: 'true' },
  { key: 'LocalAuthListMaxLength', readonly: true, value: '100' },
  { key: 'NumberOfConnectors', readonly: true, value: '1' },
  { key: 'SendLocalListMaxLength', readonly: true, value: '50' },
];

export class Charger16 {
  constructor(must) {
    this.must = must;
    this.version = 0;
    this.list = new Map();
    this.after = { 'remote-start': this.startedRemotely, 'remote-stop': this.stoppedRemotely };
  }

  async boot() {
    const answer = await this.call('BootNotification', {
      chargePointVendor: 'ocpp-rpc', chargePointModel: 'Independent', firmwareVersion: '1.0.0', iccid: '8944000000000000001',
    });
    this.must(answer.status === 'Accepted', `the boot is ${answer.status}`);
    this.must(answer.interval > 0, 'the heartbeat interval is no number of seconds');
    return answer;
  }

  async status() {
    for (const connectorId of [0, 1]) {
      await this.call('StatusNotification', { connectorId, errorCode: 'NoError', status: 'Available' });
    }
    return { connectors: 2 };
  }

  async heartbeat() {
    return this.call('Heartbeat', {});
  }

  async authorise(idTag) {
    return (await this.call('Authorize', { idTag })).idTagInfo.status;
  }

  async start(idTag) {
    this.started = { connectorId: 1, idTag, meterStart: 100, timestamp: new Date().toISOString() };
    return this.call('StartTransaction', this.started);
  }

  async stop(transactionId) {
    this.stopped = { transactionId, meterStop: 5100, timestamp: new Date().toISOString(), reason: 'Local' };
    await this.call('StopTransaction', this.stopped);
  }

  async session(idTag) {
    const { transactionId, idTagInfo } = await this.start(idTag);
    this.must(idTagInfo.status === 'Accepted', `the start is ${idTagInfo.status}`);
    await this.call('MeterValues', {
      connectorId: 1,
      transactionId,
      meterValue: [{ timestamp: new Date().toISOString(), sampledValue: [{ value: '2600', unit: 'Wh' }] }],
    });
    await this.stop(transactionId);
    return { transactionId };
  }

  async resendSession() {
    const { transactionId, idTagInfo } = await this.call('StartTransaction', this.started);
    this.must(
      transactionId === this.stopped.transactionId,
      `a resent start is session ${transactionId}, not ${this.stopped.transactionId}`,
    );
    await this.call('StopTransaction', this.stopped);
    return { transactionId, status: idTagInfo.status };
  }

  async refusedSession(idTag) {
    const { transactionId, idTagInfo } = await this.start(idTag);
    this.must(idTagInfo.status !== 'Accepted', `${idTag} may start`);
    await this.stop(transactionId);
    return { transactionId, status: idTagInfo.status };
  }

  async startedRemotely({ idTag }) {
    const { transactionId, idTagInfo } = await this.start(idTag);
    this.running = transactionId;
    return { transactionId, status: idTagInfo.status };
  }

  async stoppedRemotely({ transactionId }) {
    this.must(transactionId === this.running, `session ${transactionId} is to stop, ${this.running} runs`);
    await this.stop(transactionId);
    return {};
  }

  behaviours = {
    GetConfiguration({ key }) {
      const wanted = KEYS.filter((each) => !key?.length || key.includes(each.key));
      const unknownKey = (key ?? []).filter((each) => !KEYS.some((known) => known.key === each));
      return { command: 'configuration', answer: { configurationKey: wanted, unknownKey }, facts: { keys: wanted.length } };
    },
    ChangeConfiguration({ key, value }) {
      const found = KEYS.find((each) => each.key === key);
      const status = found === undefined ? 'NotSupported' : found.readonly ? 'Rejected' : 'Accepted';
      if (status === 'Accepted') found.value = value;
      return { command: 'change-configuration', answer: { status }, facts: { key, value, status } };
    },
    GetLocalListVersion() {
      return { command: 'local-list-version', answer: { listVersion: this.version }, facts: { version: this.version } };
    },
    SendLocalList({ listVersion, updateType, localAuthorizationList = [] }) {
      const full = updateType === 'Full';
      if (!full && listVersion <= this.version) {
        return { command: 'local-list-mismatch', answer: { status: 'VersionMismatch' }, facts: { listVersion } };
      }
      if (full) this.list.clear();
      for (const { idTag, idTagInfo } of localAuthorizationList) {
        if (idTagInfo === undefined) this.list.delete(idTag);
        else this.list.set(idTag, idTagInfo.status);
      }
      this.version = this.list.size ? listVersion : 0;
      const facts = { version: listVersion, tags: Object.fromEntries(this.list) };
      return { command: full ? 'local-list-full' : 'local-list-differential', answer: { status: 'Accepted' }, facts };
    },
    ClearCache() {
      return { command: 'clear-cache', answer: { status: 'Rejected' }, facts: {} };
    },
    RemoteStartTransaction({ idTag, connectorId }) {
      return { command: 'remote-start', answer: { status: 'Accepted' }, facts: { idTag, connectorId } };
    },
    RemoteStopTransaction({ transactionId }) {
      const status = transactionId === this.running ? 'Accepted' : 'Rejected';
      return { command: 'remote-stop', answer: { status }, facts: { transactionId } };
    },
  };
}
