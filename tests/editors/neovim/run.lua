-- Runs one scenario in a headless Neovim and writes what it observed, as JSON, to the file named by RESULT.
-- Usage: nvim --clean --headless -l run.lua SCENARIO, in the project's folder, with CONFIG a user's folder of settings.

vim.opt.runtimepath:prepend(vim.env.CONFIG)
vim.cmd('filetype on')
dofile(vim.env.CONFIG .. '/init.lua')

local WAIT = 60000

local function until_true(what, condition)
  if not vim.wait(WAIT, condition, 20) then
    io.stderr:write('timed out waiting for ' .. what .. '\n' .. vim.inspect(vim.diagnostic.get()) .. '\n')
    os.exit(1)
  end
end

local function client_of(buffer)
  return vim.lsp.get_clients({ bufnr = buffer, name = 'prebake' })[1]
end

local function open(file)
  vim.cmd.edit(vim.fn.fnameescape(file))
  return vim.api.nvim_get_current_buf()
end

local function open_attached(file)
  local buffer = open(file)
  until_true('the client', function()
    local client = client_of(buffer)
    return client ~= nil and client.initialized == true
  end)
  return buffer
end

local function codes(buffer)
  return vim.tbl_map(function(diagnostic) return diagnostic.code end, vim.diagnostic.get(buffer))
end

local function wait_for_code(buffer, code)
  until_true(code, function() return vim.list_contains(codes(buffer), code) end)
end

-- Applies the preferred quick fix of a finding at the cursor's line.
local function fix(code)
  vim.lsp.buf.code_action({
    apply = true,
    context = { only = { 'quickfix' } },
    filter = function(action)
      return action.isPreferred == true
        and vim.iter(action.diagnostics or {}):any(function(diagnostic) return diagnostic.code == code end)
    end,
  })
end

local scenarios = {}

-- Diagnostics come once each; the fix of PB201 is applied to the buffer and saved.
function scenarios.fix()
  local buffer = open_attached('Dockerfile')
  wait_for_code(buffer, 'PB201')
  wait_for_code(buffer, 'PB301')
  local seen = codes(buffer)
  vim.api.nvim_win_set_cursor(0, { 3, 0 })
  fix('PB201')
  until_true('the edit', function() return vim.bo[buffer].modified end)
  vim.cmd('silent write')
  until_true('the finding to go', function() return not vim.list_contains(codes(buffer), 'PB201') end)
  return { codes = seen, left = codes(buffer) }
end

-- The fix of PB101 makes a file that did not exist.
function scenarios.create()
  local buffer = open_attached('Dockerfile')
  wait_for_code(buffer, 'PB101')
  vim.api.nvim_win_set_cursor(0, { 3, 0 })
  fix('PB101')
  until_true('the ignore file', function()
    local created = vim.fn.bufnr('.dockerignore')
    return created > 0 and table.concat(vim.api.nvim_buf_get_lines(created, 0, -1, false)) ~= ''
  end)
  vim.cmd('silent wall')
  open_attached('.dockerignore')
  vim.cmd('silent edit Dockerfile | silent write')
  until_true('the finding to go', function() return not vim.list_contains(codes(buffer), 'PB101') end)
  return { codes = codes(buffer) }
end

-- A finding follows the text while it is typed.
function scenarios.typing()
  local buffer = open_attached('Dockerfile')
  wait_for_code(buffer, 'PB201')
  local copy = vim.api.nvim_buf_get_lines(buffer, 2, 3, false)
  vim.api.nvim_buf_set_lines(buffer, 2, 3, false, {})
  until_true('the finding to go', function() return not vim.list_contains(codes(buffer), 'PB201') end)
  vim.api.nvim_buf_set_lines(buffer, 2, 2, false, copy)
  wait_for_code(buffer, 'PB201')
  return { modified = vim.bo[buffer].modified }
end

-- Which files the server is attached to, and with which root.
function scenarios.attach()
  local result = {}
  for _, file in ipairs(vim.json.decode(vim.env.FILES)) do
    result[file.path] = vim.empty_dict()
    if file.attached then
      local buffer = open_attached(file.path)
      local client = client_of(buffer)
      result[file.path] = { root = client.root_dir, language = client.get_language_id(buffer, vim.bo[buffer].filetype) }
    else
      -- Attaching is decided while the file is opened, in the next turn of the loop at the latest.
      local buffer, turned = open(file.path), false
      vim.schedule(function() turned = true end)
      until_true('the next turn', function() return turned end)
      result[file.path] = client_of(buffer) and { root = client_of(buffer).root_dir } or vim.empty_dict()
    end
  end
  return result
end

-- What an ignore file's features give, by way of the editor's own modules.
function scenarios.ignore()
  local buffer = open_attached('.dockerignore')
  local client = client_of(buffer)
  local title
  until_true('the code lens', function()
    vim.lsp.codelens.refresh({ bufnr = buffer })
    local lens = vim.lsp.codelens.get(buffer)[1]
    title = lens and lens.command.title
    return title ~= nil and vim.startswith(title, 'sends')
  end)
  local told
  local notify = vim.notify
  vim.notify = function(message) told = message end
  vim.api.nvim_win_set_cursor(0, { 1, 0 })
  vim.lsp.codelens.run() -- what a click is elsewhere
  vim.notify = notify

  local function ask(method, params)
    local answer = client:request_sync(method, vim.tbl_extend('force', vim.lsp.util.make_position_params(0, client.offset_encoding), params or {}), WAIT, buffer)
    return answer and answer.result
  end
  vim.api.nvim_win_set_cursor(0, { 2, 1 })
  local hover = ask('textDocument/hover')
  local outline = vim.tbl_map(function(symbol) return symbol.name end, ask('textDocument/documentSymbol'))

  vim.api.nvim_buf_set_lines(buffer, -1, -1, false, { 'é🐳' })
  vim.api.nvim_win_set_cursor(0, { vim.api.nvim_buf_line_count(buffer), 0 })
  vim.cmd('startinsert!')
  vim.api.nvim_win_set_cursor(0, { vim.api.nvim_buf_line_count(buffer), #'é🐳' })
  local items = ask('textDocument/completion').items
  table.sort(items, function(one, other) return one.sortText < other.sortText end)
  local whale = vim.iter(items):find(function(item) return vim.startswith(item.label, 'é🐳') end)
  vim.lsp.util.apply_text_edits({ whale.textEdit }, buffer, client.offset_encoding)
  return {
    title = title,
    told = told,
    hover = hover.contents.value,
    outline = outline,
    first = items[1].label,
    lines = vim.api.nvim_buf_get_lines(buffer, 0, -1, false),
  }
end

-- Another program changes files; Neovim has the focus again afterwards.
function scenarios.disk()
  local buffer = open_attached('Dockerfile')
  wait_for_code(buffer, 'PB101')
  wait_for_code(buffer, 'PB301')
  local function change(command, gone)
    vim.system({ 'sh', '-c', command }):wait()
    vim.api.nvim_exec_autocmds('FocusGained', {})
    until_true(gone .. ' to go', function() return not vim.list_contains(codes(buffer), gone) end)
  end
  change("printf '.venv\\n' > .dockerignore", 'PB101')
  change("echo 'print(1)' > app.py", 'PB301')
  return { left = codes(buffer) }
end

-- A Python file that is typed in, unsaved, makes and mends findings of the Dockerfile.
function scenarios.python()
  local dockerfile = open_attached('Dockerfile')
  wait_for_code(dockerfile, 'PB301')
  local module = open_attached('app.py')
  local before = vim.api.nvim_buf_get_lines(module, 0, -1, false)
  vim.api.nvim_buf_set_lines(module, 0, -1, false, { 'print(1)' })
  until_true('the finding to go', function() return not vim.list_contains(codes(dockerfile), 'PB301') end)
  vim.api.nvim_buf_set_lines(module, 0, -1, false, before)
  wait_for_code(dockerfile, 'PB301')
  return { clients = #vim.lsp.get_clients(), here = codes(module), there = codes(dockerfile) }
end

-- What is shown with the user's own settings, and after the server was started anew.
function scenarios.shown()
  local buffer = open_attached('Dockerfile')
  wait_for_code(buffer, 'PB301')
  local severity = {}
  for _, diagnostic in ipairs(vim.diagnostic.get(buffer)) do
    severity[diagnostic.code] = vim.diagnostic.severity[diagnostic.severity]
  end

  local first = client_of(buffer).id
  vim.cmd(vim.env.RESTART)
  until_true('the server to stop', function() return vim.lsp.get_client_by_id(first) == nil end)
  vim.cmd('edit')
  until_true('the server to be back', function() return client_of(buffer) ~= nil and client_of(buffer).id ~= first end)
  wait_for_code(buffer, 'PB301')

  local ignore_file = open_attached('.dockerignore')
  until_true('the code lens', function() return #vim.lsp.codelens.get(ignore_file) == 1 end)
  return { severity = severity }
end

-- What Neovim shows of a Dockerfile beyond its findings, by its own commands.
function scenarios.features()
  local buffer = open_attached('Dockerfile')
  local titles
  until_true('the code lenses', function()
    titles = vim.tbl_map(function(lens) return lens.command and lens.command.title or '' end, vim.lsp.codelens.get(buffer))
    return #titles > 0 and titles[1]:match('MB') ~= nil
  end)
  local hints
  until_true('the inlay hints', function()
    hints = vim.tbl_map(function(hint) return { hint.inlay_hint.position.line + 1, hint.inlay_hint.label } end, vim.lsp.inlay_hint.get({ bufnr = buffer }))
    return #hints > 0
  end)
  until_true('the folds', function() return vim.fn.foldlevel(2) > 0 end)
  local levels = {}
  for line = 1, vim.api.nvim_buf_line_count(buffer) do
    table.insert(levels, vim.fn.foldlevel(line))
  end

  local copy = vim.fn.search('from=build')
  vim.api.nvim_win_set_cursor(0, { copy, vim.fn.match(vim.fn.getline(copy), 'build') })
  vim.lsp.buf.definition()
  until_true('the definition', function() return vim.api.nvim_win_get_cursor(0)[1] ~= copy end)
  local defined = vim.api.nvim_get_current_line()

  vim.api.nvim_win_set_cursor(0, { vim.fn.search('COPY \\. '), 0 })
  vim.lsp.buf.hover()
  local text
  until_true('the hover', function()
    for _, window in ipairs(vim.api.nvim_list_wins()) do
      if vim.api.nvim_win_get_config(window).relative ~= '' then
        text = table.concat(vim.api.nvim_buf_get_lines(vim.api.nvim_win_get_buf(window), 0, -1, false), '\n')
      end
    end
    return text ~= nil
  end)

  local outline
  vim.lsp.buf.document_symbol({ on_list = function(list) outline = vim.tbl_map(function(item) return item.text end, list.items) end })
  until_true('the outline', function() return outline ~= nil end)
  return { titles = titles, hints = hints, levels = levels, defined = defined, hover = text, outline = outline }
end

-- What is said when there is no server.
function scenarios.missing()
  local said = {}
  vim.notify = function(message) table.insert(said, message) end
  open('app.py')
  open('Dockerfile')
  open('.dockerignore')
  until_true('a message', function() return #said > 0 end)
  return { said = said, clients = #vim.lsp.get_clients() }
end

local observed = scenarios[arg[1]]()
for _, client in ipairs(vim.lsp.get_clients()) do
  client:stop()
  until_true('the server to stop', function() return client:is_stopped() end)
end
vim.fn.writefile({ vim.json.encode(observed) }, vim.env.RESULT)
os.exit(0)
