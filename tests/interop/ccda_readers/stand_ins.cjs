// Stands in for what the reader takes from node and for its logger.
const quiet = { error() {}, info() {}, log() {}, warn() {} };

module.exports = Object.assign(() => {}, {
  Logger: function () {
    return quiet;
  },
  createLogger: () => quiet,
  format: (text, ...parts) => String(text).replace(/%[sdj]/g, () => String(parts.shift())),
  inherits(child, parent) {
    Object.setPrototypeOf(child.prototype, parent.prototype);
  },
  transports: {},
});
