"""A room speaks to another through its public names, and says what it is for."""

import ast
from typing import Final

# kit is the tool chest: its files are public one by one.
OPEN_ROOMS: Final = {"kit"}
# The composition root joins the rooms, stores included.
JOINERS: Final = {"app"}


def _imported_modules(source):
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node, alias.name
        elif isinstance(node, ast.ImportFrom):
            yield node, source.origin(node)


def test_rooms_meet_only_through_public_names(sources, rooms):
    faults = []
    for source in sources:
        if source.room in JOINERS:
            continue
        for node, module in _imported_modules(source):
            parts = module.split(".")
            if parts[0] != "venule" or len(parts) < 3:
                continue
            if parts[1] not in {source.room, *OPEN_ROOMS} and parts[1] in rooms:
                faults.append(f"{source.path}:{node.lineno} imports {module}")

    assert [] == faults


def test_private_names_stay_in_their_room(sources):
    faults = [
        f"{source.path} imports {origin}"
        for source in sources
        for origin in source.imports.values()
        if origin.startswith("venule.")
        and origin.split(".")[1] != source.room
        and any(part.startswith("_") and not part.endswith("__") for part in origin.split("."))
    ]

    assert [] == faults


def test_every_file_says_what_it_is_for(sources):
    faults = [s.path for s in sources if s.text.strip() and not ast.get_docstring(s.tree)]

    assert [] == faults


def test_public_functions_and_classes_have_a_docstring(sources):
    faults = []
    for source in sources:
        public = _all_of(source.tree)
        faults += [
            f"{source.path}:{node.lineno} {node.name}"
            for node in source.tree.body
            if isinstance(node, ast.FunctionDef | ast.ClassDef)
            and (node.name in public if public is not None else not node.name.startswith("_"))
            and not ast.get_docstring(node)
        ]

    assert [] == faults


def _all_of(tree):
    for node in tree.body:
        target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
        if isinstance(target, ast.Name) and target.id == "__all__":
            return set(ast.literal_eval(node.value))
    return None
