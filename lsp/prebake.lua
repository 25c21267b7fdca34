---@brief
--- prebake, the language server for Dockerfiles of machine-learning projects, in Neovim 0.11 or newer.
---
--- Put this file into `lsp/` of a folder on the runtime path (for example `~/.config/nvim/lsp/prebake.lua`), then
---
---     vim.lsp.enable('prebake')
---
--- Settings: `vim.lsp.config('prebake', { settings = { prebake = { ignore = { 'PB206' } } } })`.

local SKIPPED = { ['.git'] = true, ['node_modules'] = true, ['.venv'] = true, ['venv'] = true, ['__pycache__'] = true }
-- A project is searched for a Dockerfile as soon as one of its Python files is opened, but not through data folders.
local MOST_ENTRIES = 5000
-- Texts about Dockerfiles, and what Dockerfiles are made from.
local NOT_BUILT = { 'md', 'txt', 'py', 'sh', 'yml', 'yaml', 'json', 'bak', 'orig', 'j2', 'jinja', 'jinja2', 'tmpl', 'tpl', 'template', 'in' }

local function is_ignore_file(name)
  return vim.endswith(name, '.containerignore') or vim.endswith(name, '.dockerignore')
end

local function is_dockerfile(name)
  if is_ignore_file(name) or vim.tbl_contains(NOT_BUILT, name:match('%.(%w+)$')) then
    return false
  end
  return name == 'Dockerfile'
    or name:match('^Dockerfile[._-]') ~= nil
    or vim.startswith(name, 'Containerfile')
    or name:match('%.[Dd]ockerfile$') ~= nil
end

local function is_compose_file(name)
  local stem = name:match('^(.+)%.ya?ml$')
  stem = stem and stem:gsub('^docker%-compose', 'compose')
  return stem ~= nil and (stem == 'compose' or stem:match('^compose[.-]') ~= nil or stem:match('[.-]compose$') ~= nil)
end

-- Whether there is a Dockerfile in one of the folders from `folder` up to `root`, or directly below one of them.
local function has_dockerfile(folder, root)
  local skip = function(below) return not SKIPPED[vim.fs.basename(below)] end
  local places = { folder }
  while places[#places] ~= root and places[#places] ~= vim.fs.dirname(places[#places]) do
    table.insert(places, vim.fs.dirname(places[#places]))
  end
  for depth = 1, 2 do
    for _, place in ipairs(places) do
      local seen = 0
      for path, kind in vim.fs.dir(place, { depth = depth, skip = skip }) do
        seen = seen + 1
        if seen > MOST_ENTRIES then
          break
        elseif kind == 'file' and is_dockerfile(vim.fs.basename(path)) then
          return true
        end
      end
    end
  end
  return false
end

local function start(dispatchers, config)
  config = config or {}
  return vim.lsp.rpc.start({ 'prebake', 'server' }, dispatchers, { cwd = config.cmd_cwd, env = config.cmd_env })
end

-- Neovim itself would pass over a missing command in silence. Whoever sets another `cmd` is told by Neovim.
local function can_start()
  if vim.fn.executable('prebake') == 1 or (vim.lsp.config and vim.lsp.config.prebake.cmd ~= start) then
    return true
  end
  vim.notify_once('prebake: there is no command `prebake` on PATH, so this project is not checked', vim.log.levels.WARN)
  return false
end

-- On Linux, Neovim tells no server of files that other programs change: let it look again after these may have run.
local function look_again(client)
  if vim.fn.has('linux') == 0 or vim.fn.has('nvim-0.11') == 0 or not client.root_dir then
    return
  end
  local changes = { { uri = vim.uri_from_fname(client.root_dir), type = vim.lsp.protocol.FileChangeType.Changed } }
  vim.api.nvim_create_autocmd({ 'FocusGained', 'ShellCmdPost', 'TermLeave' }, {
    callback = function()
      if client:is_stopped() then
        return true -- which ends this
      end
      client:notify('workspace/didChangeWatchedFiles', { changes = changes })
    end,
  })
end

return {
  cmd = start,
  -- Ignore files are `gitignore` here, and `Dockerfile.dockerignore` is `dockerfile`; `root_dir` goes by the name.
  filetypes = { 'dockerfile', 'gitignore', 'python', 'sh', 'bash', 'yaml', 'yaml.docker-compose' },
  get_language_id = function(bufnr, filetype)
    if is_ignore_file(vim.fs.basename(vim.api.nvim_buf_get_name(bufnr))) then
      return 'ignore'
    end
    return ({ sh = 'shellscript', bash = 'shellscript', ['yaml.docker-compose'] = 'dockercompose' })[filetype] or filetype
  end,
  on_init = look_again,
  root_dir = function(bufnr, on_dir)
    local path = vim.api.nvim_buf_get_name(bufnr)
    local name, filetype = vim.fs.basename(path), vim.bo[bufnr].filetype
    if (filetype == 'gitignore' and not is_ignore_file(name)) or (vim.startswith(filetype, 'yaml') and not is_compose_file(name)) then
      return
    end
    local folder = vim.fs.dirname(path)
    local root = vim.fs.root(path, { '.git', '.hg', '.jj' }) or vim.fs.root(path, is_dockerfile)
    local is_subject = filetype == 'dockerfile' or filetype == 'gitignore'
    if (is_subject or (root and has_dockerfile(folder, root))) and can_start() then
      on_dir(root or folder)
    end
  end,
}
