"""Where ids come from: objects, texts, loops; what nobody knows says so, and none is ever guessed."""

from __future__ import annotations

import pytest

from tests.project.marks import certain, possible, values

OBJECTS = """
from dataclasses import dataclass, field
from attrs import define
@dataclass
class Config:
    model: str = "org/default"
    other: str = field(default="org/other")
    all: list = field(default_factory=lambda: ["a", "b"])
@define
class Attrs:
    model: str = "org/attrs"
class Service:
    def __init__(self, config, name="org/name"):
        self.config = config
        self.name = name
    def go(self):
        mark(self.config.model)
        mark(self.name)
def use(config: Config):
    mark(config.model)
"""


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("mark(Config().model)", ["org/default"]),
        ("mark(Config().other)", ["org/other"]),
        ("use(Config())", ["org/default"]),
        ("use(Config('org/first'))", ["org/first"]),
        ("use(Config(other='org/first'))", ["org/default"]),
        ("use(Config(**{'model': 'org/star'}))", ["org/star"]),
        ("for name in Config().all:\n    mark(name)", ["a", "b"]),
        ("mark(Attrs(model='org/given').model)", ["org/given"]),
        ("Service(Config()).go()", ["org/default", "org/name"]),
        ("Service(config=Config(), name='org/other').go()", ["org/default", "org/other"]),
        ("mark(getattr(Config(), 'model'))", ["org/default"]),
        ("options = {'model': 'org/d'}\nuse(Config(**options))", ["org/d"]),
    ],
)
def test_objects(code: str, expected: list[str]) -> None:
    assert certain(values(OBJECTS + code + "\n")) == expected


@pytest.mark.parametrize(
    "code",
    [
        "use(Config(**load()))",
        "config = Config()\nconfig.model = pick()\nuse(config)",
        "use(load())",
        "use(Config(*parts()))",
        "options = {'model': 'org/d'}\noptions['model'] = pick()\nuse(Config(**options))",
        "options = {'model': 'org/d'}\noptions.update(load())\nmark(options['model'])",
        "def change(some):\n    some['model'] = pick()\nit = {'model': 'org/d'}\nchange(it)\nmark(it['model'])",
        "options = {'model': 'org/d', **load()}\nmark(options['model'])",
        "options = {'model': 'org/d'}\nmark(options['other'])",
        "mark(Config().model if ready() else 'org/x')",
    ],
)
def test_objects_that_may_be_different(code: str) -> None:
    assert [text for text in certain(values(OBJECTS + code + "\n")) if text is not None] == []


def test_attributes_that_subclasses_set() -> None:
    source = """
class Base:
    model = None
    def load(self):
        mark(self.model)
class One(Base):
    model = "org/one"
One().load()
"""
    assert certain(values(source)) == ["org/one"]
    two = source.replace("One().load()", 'class Two(Base):\n    model = "org/two"\nOne().load()\nTwo().load()')
    assert possible(values(two)) == {"org/one", "org/two"}


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("mark('%s/%s' % ('org', 'x'))", "org/x"),
        ("mark('org/%s' % 'x')", "org/x"),
        ("mark('{}/{name}'.format('org', name='x'))", "org/x"),
        ("mark('{1}/{0}'.format('x', 'org'))", "org/x"),
        ("mark('/'.join(['org', 'x']))", "org/x"),
        ("mark('hf.co/org/x'.removeprefix('hf.co/'))", "org/x"),
        ("mark('org/X'.lower())", "org/x"),
        ("mark('a:org/x'.split(':')[-1])", "org/x"),
        ("def pair():\n    return 'a', 'org/x'\none, two = pair()\nmark(two)", "org/x"),
        ("mark('%s' % pick())", None),
        ("mark('{0.name}'.format(thing))", None),
        ("mark('{name}'.format(**options))", None),
        ("mark('%(name)s' % {'name': 'x'})", None),
        ("mark('a' * 3)", None),
        ("mark(f'{1:>3}')", None),
    ],
)
def test_texts_that_are_put_together(code: str, expected: str | None) -> None:
    assert certain(values(code)) == [expected]


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("for key, name in {'a': 'x', 'b': 'y'}.items():\n    mark(name)", ["x", "y"]),
        ("for name, size in [('x', 1), ('y', 2)]:\n    mark(name)", ["x", "y"]),
        ("for number, name in enumerate(['x', 'y']):\n    mark(name)", ["x", "y"]),
        ("for one, two in zip(['a', 'b'], ['x', 'y']):\n    mark(two)", ["x", "y"]),
        ("[mark(name) for name in ('x', 'y')]", ["x", "y"]),
        ("MODELS = {'a': {'id': 'x'}, 'b': {'id': 'y'}}\nfor one in MODELS.values():\n    mark(one['id'])", ["x", "y"]),
        ("for name in 'x,y'.split(','):\n    mark(name)", ["x", "y"]),
    ],
)
def test_loops(code: str, expected: list[str]) -> None:
    assert certain(values(code)) == expected


def test_a_list_that_grows_is_not_all_of_it() -> None:
    found = values("names = ['x']\nnames.append(pick())\nfor name in names:\n    mark(name)\n")
    assert None in {value.text for value in found}


def test_a_choice_among_written_out_ids() -> None:
    source = "import sys\nMODELS = {'a': {'id': 'x'}, 'b': {'id': 'y'}}\nmark(MODELS[sys.argv[1]]['id'])\n"
    found = values(source)
    assert possible(found) == {"x", "y"} and certain(found) == []


FLASK = "from flask import Flask, request\napp = Flask('x')\n@app.route('/')\ndef run():\n"


RUNPOD = "import runpod\nrunpod.serverless.start({'handler': work})\ndef work(job):\n"


FASTAPI = "from fastapi import FastAPI\napp = FastAPI()\n@app.post('/')\ndef run(item: Item):\n"


ASKED = {
    "the command line": "import sys\nmark(sys.argv[1])",
    "a request": FASTAPI + "    mark(item.model)",
    "a request of flask": FLASK + "    mark(request.json['model'])",
    "a request of runpod": RUNPOD + "    mark(job['input']['model'])",
    "what somebody types in": "mark(input('model?'))",
    "an answer over the network": "import requests\nmark(requests.get('http://x').json()['model'])",
    "the file x.yaml": "import yaml\nmark(yaml.safe_load(open('/etc/x.yaml'))['model'])",
}


@pytest.mark.parametrize("source", list(ASKED))
def test_what_nobody_knows_says_where_it_comes_from(source: str) -> None:
    (found,) = values(ASKED[source])
    assert found.text is None and found.source is not None and source.startswith(found.source)


def test_a_default_for_a_request_is_not_certain() -> None:
    source = (
        "from fastapi import FastAPI\napp = FastAPI()\n@app.get('/')\ndef run(model: str = 'org/x'):\n    mark(model)\n"
    )
    found = values(source)
    assert possible(found) == {"org/x"} and certain(found) == [None]


@pytest.mark.parametrize(
    "source",
    [
        "import os\nos.environ['A'] = os.environ['B']\nos.environ['B'] = os.environ['A']\nmark(os.environ['A'])",
        "data = [data]\nmark(data[0][0][0])",
        "d = {'a': 1}\nd['a'] = d\nmark(d['a']['a']['a'])",
        "class A(B): x = 1\nclass B(A): x = 2\nmark(B().x)",
        "import argparse\np = argparse.ArgumentParser()\np.add_argument('--m', default=p.parse_args().m)\n"
        "mark(p.parse_args().m)",
        "import configparser\nc = configparser.ConfigParser()\nc.read(c['a']['b'])\nmark(c['a']['b'])",
        "import json\nx = json.loads(x)\nmark(x['a'])",
        "mark(" + "('a', " * 80 + "'b'" + ")" * 80 + "[1])",
        "mark('{}'.format(" + "'{}'.format(" * 60 + "'a'" + ")" * 60 + "))",
        "x = 'a'.replace('a', 'b' * 9)\n" + "x = x.replace('b', x)\n" * 30 + "mark(x)",
        "for a, b in a:\n    mark(b)",
        "a, b = b, a\nmark(a)",
        "import os\n"
        + "".join(f"os.environ['V{n}'] = os.environ['V{n + 1}']\n" for n in range(999))
        + "mark(os.environ['V0'])",
    ],
)
def test_hostile_programs_end(source: str) -> None:
    assert all(value.text is None or len(value.text) < 20_000 for value in values(source))
