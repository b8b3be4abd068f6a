// The Blue Button reader, made ready for a browser: its XML layer expects nodes as libxmljs has them.
Node.prototype.type = function () {
  return { 1: "element", 2: "attribute" }[this.nodeType] ?? "text";
};
Node.prototype.name = function () {
  return this.localName;
};
Object.defineProperty(Attr.prototype, "value", {
  get() {
    return () => this.nodeValue;
  },
});
const reader = require("@amida-tech/blue-button");

globalThis.readRecord = (text) => reader.parseString(text).data;
