import * as vscode from 'vscode';
import { wantsServer, workspaceWantsServer } from './documents';
import { Server } from './server';
import { SECTION } from './settings';

let server: Server | undefined;

/** Called by VS Code: offers the commands, and starts the server as soon as there is a Dockerfile. */
export async function activate(context: vscode.ExtensionContext): Promise<void> {
  const log = vscode.window.createOutputChannel('prebake', { log: true });
  const running = new Server(context, log);
  server = running;
  context.subscriptions.push(
    log,
    running,
    vscode.commands.registerCommand('prebake.restart', () => running.restart()),
    vscode.commands.registerCommand('prebake.showLog', () => log.show()),
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (running.wanted && event.affectsConfiguration(`${SECTION}.interpreter`)) {
        void running.restart();
      }
    }),
    vscode.workspace.onDidGrantWorkspaceTrust(() => running.refresh()),
    // A `.gitignore` activates the extension too; without a Dockerfile it waits for one.
    vscode.workspace.onDidOpenTextDocument((document) => {
      if (!running.wanted && wantsServer(document)) {
        void running.restart();
      }
    }),
  );
  if (await workspaceWantsServer()) {
    await running.restart();
  } else {
    log.info('waits for a Dockerfile');
  }
}

/** Called by VS Code when the window closes or the extension is switched off. */
export function deactivate(): Promise<void> | undefined {
  return server?.stop();
}
