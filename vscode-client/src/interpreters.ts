import * as vscode from 'vscode';
import { candidates, commandLine, probe } from './python';
import { setInterpreter } from './settings';

type Choice = vscode.QuickPickItem & { readonly choose?: () => Promise<void> };

/**
 * Lets the user choose the Python that runs the server, among those that can, and writes the setting.
 *
 * @param launcher path of `launch.py`.
 */
export async function selectInterpreter(launcher: string, log: vscode.LogOutputChannel): Promise<void> {
  const picker = vscode.window.createQuickPick<Choice>();
  picker.title = 'Python that runs prebake (3.11 or newer)';
  picker.placeholder = 'Nothing is installed into it, and your project may use another one';
  const always: Choice[] = [
    { label: '$(search) Find One', description: 'no Python is named in the settings', choose: () => setInterpreter(undefined) },
    { label: '$(folder-opened) Browse...', choose: browse },
  ];
  const found: Choice[] = [];
  picker.items = always;
  picker.busy = true;
  const done = new Promise<void>((resolve) => picker.onDidHide(() => resolve()));
  picker.onDidAccept(async () => {
    const chosen = picker.selectedItems[0];
    picker.hide();
    await chosen?.choose?.();
  });
  picker.show();
  for await (const candidate of candidates(log)) {
    const tried = await probe(candidate, launcher);
    if ('problem' in tried || candidate.args.length > 0) {
      continue; // the setting names a program, without arguments
    }
    found.push({
      label: `Python ${tried.version}`,
      description: commandLine(candidate),
      detail: candidate.source,
      choose: () => setInterpreter(candidate.command),
    });
    // Below the others, so that nothing moves under the pointer.
    picker.items = [...always, ...found];
  }
  picker.busy = false;
  await done;
  picker.dispose();
}

async function browse(): Promise<void> {
  const [file] = (await vscode.window.showOpenDialog({ title: 'Python 3.11 or newer', openLabel: 'Use This Python' })) ?? [];
  if (file) {
    await setInterpreter(file.fsPath);
  }
}
