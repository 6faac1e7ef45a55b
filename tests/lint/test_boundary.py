# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
"""No exception leaves an element's property functions: lib/gst/util/boundary.h guards these."""
import re

import pytest

import tree

UNGUARDED = re.compile(r"->\s*[sg]et_property\s*=")


@pytest.mark.parametrize("text", ["object_class->set_property = set_property;",
                                  "klass->get_property=[](GObject*) {};"])
def test_notices_functions_that_are_not_guarded(text: str) -> None:
    assert UNGUARDED.search(text)


def test_elements_install_guarded_property_functions() -> None:
    shells = [file for file in tree.files_ending(".cpp") if file.startswith("gst/")]
    assert shells
    assert [file for file in shells if UNGUARDED.search(tree.read(file))] == []
