import * as vscode from 'vscode';
import { isDocker, workspaceWantsServer } from './documents';
import { selectInterpreter } from './interpreters';
import { Server } from './server';
import { SECTION } from './settings';
import { StatusItem, showStatus } from './status';

let server: Server | undefined;

/** Called by VS Code: offers the commands, and starts the server as soon as there is a Dockerfile. */
export async function activate(context: vscode.ExtensionContext): Promise<void> {
  const log = vscode.window.createOutputChannel('prebake', { log: true });
  const running = new Server(context, log);
  const status = new StatusItem(running.state);
  server = running;
  context.subscriptions.push(
    log,
    running,
    status,
    vscode.commands.registerCommand('prebake.restart', () => running.restart()),
    vscode.commands.registerCommand('prebake.showLog', () => log.show()),
    vscode.commands.registerCommand('prebake.showStatus', () => showStatus(running, status)),
    vscode.commands.registerCommand('prebake.selectInterpreter', () => selectInterpreter(running.launcher, log)),
    vscode.commands.registerCommand('prebake.fixAll', () =>
      vscode.commands.executeCommand('editor.action.codeAction', { kind: 'source.fixAll.prebake', apply: 'first' }),
    ),
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (running.wanted && event.affectsConfiguration(`${SECTION}.interpreter`)) {
        void running.restart();
      }
    }),
    vscode.workspace.onDidGrantWorkspaceTrust(() => running.refresh()),
    vscode.workspace.onDidChangeWorkspaceFolders(() => startIfWanted(running)),
    vscode.extensions.onDidChange(() => running.refreshFeatures()),
    // A file that only looks like a Dockerfile activates the extension too; it waits for a real one.
    vscode.workspace.onDidOpenTextDocument((document) => {
      if (!running.wanted && isDocker(document)) {
        void running.restart();
      }
    }),
  );
  if (!(await startIfWanted(running))) {
    log.info('waits for a Dockerfile');
  }
}

/** Starts the server if there is a Dockerfile and it was not asked for before; whether it was asked for by now. */
async function startIfWanted(server: Server): Promise<boolean> {
  if (!server.wanted && (await workspaceWantsServer())) {
    await server.restart();
  }
  return server.wanted;
}

/** Called by VS Code when the window closes or the extension is switched off. */
export function deactivate(): Promise<void> | undefined {
  return server?.stop();
}
