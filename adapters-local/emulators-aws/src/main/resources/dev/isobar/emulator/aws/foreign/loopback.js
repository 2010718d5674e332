// kinesis-local listens on every interface of the machine; on a laptop nothing of ours may. Loaded before it (node -r).
const net = require('net');
const listen = net.Server.prototype.listen;
net.Server.prototype.listen = function (...given) {
  if (given[0] && typeof given[0] === 'object' && 'port' in given[0]) {
    given[0] = { ...given[0], host: '127.0.0.1' };
  } else if (typeof given[1] === 'string') {
    given[1] = '127.0.0.1';
  } else {
    given.splice(1, 0, '127.0.0.1');
  }
  return listen.apply(this, given);
};
