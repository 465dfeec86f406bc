// Sends what dials `gateway.test` to the gateway under test; nothing else of a client is changed.
const net = require('net');
const connect = net.Socket.prototype.connect;
net.Socket.prototype.connect = function (...args) {
  const first = Array.isArray(args[0]) ? args[0][0] : args[0];
  if (first && typeof first === 'object' && (first.host === 'gateway.test' || first.hostname === 'gateway.test')) {
    first.host = first.hostname = '127.0.0.1';
    first.port = Number(process.env.GATEWAY_PORT);
  }
  return connect.apply(this, args);
};
