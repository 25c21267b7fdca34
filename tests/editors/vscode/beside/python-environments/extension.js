// The part of the Python Environments extension's interface that is asked for an interpreter.
const vscode = require('vscode');

exports.activate = (context) => {
  const changed = new vscode.EventEmitter();
  let selected = process.env.STAND_IN_FIRST;
  context.subscriptions.push(changed, vscode.commands.registerCommand('standIn.select', () => {
    selected = process.env.STAND_IN_SECOND;
    changed.fire({ uri: undefined });
  }));
  return {
    getEnvironment: async () => ({ execInfo: { run: { executable: selected } } }),
    onDidChangeEnvironment: changed.event,
  };
};
