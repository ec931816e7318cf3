/** One frame of each kind and a few variants, as the protocol shows them: the schema's name, and the text. */
export const clientSamples: readonly (readonly [string, string])[] = [
  ['ChatRequest', '{"data":{"content":"Hello!"}}'],
  ['ChatRequest', '{"type":"","data":null}'],
  ['ChatRequest', '{"type":"chat","room":"lobby","data":{"content":"Hello!"},"id":"0b9c"}'],
  ['EventRequest', '{"type":"reaction","room":"lobby","data":{"emoji":"👍"}}'],
  ['TypingRequest', '{"type":"typing","room":"lobby"}'],
  ['JoinRequest', '{"type":"join","room":"lobby"}'],
  ['JoinRequest', '{"type":"join","room":"lobby","data":{"since":{"epoch":"e1","offset":41}}}'],
  ['ResumeRequest', '{"type":"join","data":{"since":{"epoch":"e1","offset":41}},"id":"1"}'],
  ['LeaveRequest', '{"type":"leave","room":"lobby"}'],
  ['PresenceRequest', '{"type":"presence","room":"lobby","id":"1"}'],
  ['HistoryRequest', '{"type":"history","id":"1"}'],
  ['HistoryRequest', '{"type":"history","room":"lobby","data":{"before":41,"after":3,"limit":100}}'],
  ['AuthRequest', '{"type":"auth","data":{"token":"t"}}'],
  ['PingRequest', '{"type":"ping","id":"1"}'],
];

const message =
  '{"type":"chat","room":"lobby","id":"m_01J","from":{"id":"ada","name":"Ada"},"ts":1790000000000,"offset":42,"data":{"content":"Hello!"}}';

export const serverSamples: readonly (readonly [string, string])[] = [
  [
    'Welcome',
    '{"type":"welcome","data":{"protocol":1,"connection":"c_1","user":{"id":"guest-V1StGXR8_Z5jdHi6B-myTg","name":"Ada"},' +
      '"session":"abc","global":{"epoch":"e","offset":41},"limits":{"messageBytes":65536,"roomsPerConnection":100},"heartbeatMs":30000}}',
  ],
  ['Message', message],
  ['Message', '{"type":"notice","room":"lobby","ts":1790000000000,"data":{"content":"Hi"}}'],
  ['MessageAck', '{"type":"ack","re":"0b9c","data":{"id":"m_1","epoch":"e","offset":42,"ts":1790000000000}}'],
  ['MessageAck', '{"type":"ack","re":"0b9c","data":{"id":"m_1","ts":1790000000000}}'],
  ['DroppedAck', '{"type":"ack","re":"0b9c","data":{"dropped":true}}'],
  ['JoinAck', '{"type":"ack","re":"1","data":{"room":"lobby","epoch":"e","offset":41,"recovered":true}}'],
  ['JoinAck', '{"type":"ack","data":{"epoch":"e","offset":41,"recovered":false}}'],
  ['LeaveAck', '{"type":"ack","re":"1","data":{"room":"lobby"}}'],
  ['HistoryAck', `{"type":"ack","re":"1","data":{"room":"lobby","epoch":"e","messages":[${message}],"more":true}}`],
  ['AuthAck', '{"type":"ack","re":"1","data":{}}'],
  [
    'ErrorFrame',
    '{"type":"error","re":"0b9c","data":{"code":"rate_limited","message":"too fast","retryable":true,"retryAfterMs":350}}',
  ],
  ['ErrorFrame', '{"type":"error","data":{"code":"unavailable","message":"away","retryable":true,"maybe":true}}'],
  ['Pong', '{"type":"pong"}'],
  ['Pong', '{"type":"pong","re":"1"}'],
  ['Gap', '{"type":"gap","room":"lobby","data":{"cause":"slow_consumer","from":43,"to":60,"epoch":"e"}}'],
  ['Gap', '{"type":"gap","data":{"cause":"reset","from":1,"to":0,"epoch":"e"}}'],
  ['Gap', '{"type":"gap","room":"lobby","data":{"cause":"slow_consumer","missed":7}}'],
  ['Draining', '{"type":"draining","data":{"reconnectAfterMs":1234}}'],
];
