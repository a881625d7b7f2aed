"""Modules joined into one script do what they did as modules."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest

from simclr_core.export.modules import joined

MODULES = {
    "base/numbers.js": "const step = 2;\nexport const twice = (v) => step * v;\n"
    "export const [LOW, HIGH] = [1, 5];\n",
    "base/words.js": 'const step = "step ";\nexport function say(v) {\n  return step + v;\n}\n',
    "map/plan.js": 'import { LOW, twice } from "../base/numbers.js";\n'
    "export class Plan {\n  get last() {\n    return twice(LOW);\n  }\n}\n",
    "map/main.js": '// The whole.\n\nimport { HIGH, twice } from "../base/numbers.js";\n'
    'import { say } from "../base/words.js";\nimport { Plan } from "./plan.js";\n\n'
    "export const run = () => say(new Plan().last + twice(HIGH));\n",
}


@pytest.fixture
def main(tmp_path):
    for name, text in MODULES.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    return tmp_path / "map" / "main.js"


def test_nothing_is_left_to_fetch_and_each_module_is_there_once(main):
    script = joined(main)
    assert not re.search(r"^(import|export) ", script, re.M)
    assert script.count("get last()") == script.count("const step = 2;") == 1
    # Each module comes after those that it uses.
    order = [script.index(word) for word in ("const step = 2", 'const step = "', "class Plan")]
    assert max(order) < script.index("const run =") and order[0] < order[2]
    assert script.endswith("const { run } = _3;")


@pytest.mark.skipif(not shutil.which("node"), reason="needs node")
def test_the_script_computes_what_the_modules_do(main):
    script = joined(main) + "\nconsole.log(run());"
    found = subprocess.run(["node", "-e", script], capture_output=True, text=True, check=True)
    assert found.stdout == "step 12\n"  # 2 * 1 + 2 * 5


def test_modules_in_a_circle_are_refused(main):
    numbers = main.parents[1] / "base" / "numbers.js"
    numbers.write_text('import { run } from "../map/main.js";\n' + numbers.read_text())
    with pytest.raises(ValueError, match=r"circle at main\.js"):
        joined(main)
