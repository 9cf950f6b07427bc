"""Write requirements.lock, and the environments of the workflow's rules, from what is installed beside this Python."""

from importlib.metadata import distributions
from pathlib import Path

HOME = Path(__file__).parent
TABLES = [
    *("huggingface-hub", "jaxtyping", "jinja2", "matplotlib", "numpy", "pandas", "pyarrow", "pydantic", "pyyaml"),
    *("safetensors", "scipy", "tokenizers", "tqdm"),
]
NETWORKS = [*TABLES, "accelerate", "torch", "transformers"]

PINS = {distribution.name.lower().replace("_", "-"): distribution.version.partition("+")[0] for distribution in distributions()}


def environment(names: list[str]) -> str:
    pins = "".join(f"      - {name}=={PINS[name]}\n" for name in sorted(names))
    return f"channels: [conda-forge, nodefaults]\ndependencies:\n  - python=3.11\n  - pip\n  - pip:\n{pins}"


def main() -> None:
    left_out = {"headcount", "pip", "setuptools"}
    lines = [f"{name}=={version}\n" for name, version in sorted(PINS.items()) if name not in left_out]
    (HOME.parent / "requirements.lock").write_text("".join(lines))
    for name, packages in (("tables", TABLES), ("networks", NETWORKS)):
        (HOME / f"{name}.yaml").write_text(environment(packages))


if __name__ == "__main__":
    main()
