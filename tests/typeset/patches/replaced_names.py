"""The functions and attributes of WeasyPrint and its libraries that are replaced."""

# By patch.
REPLACED_NAMES: dict[str, tuple[str, ...]] = {
    "html_tree": ("tinyhtml5:parse",),
    "computed_styles": (
        "weasyprint.css:StyleFor.__init__",
        "weasyprint.css:StyleFor.__call__",
        "weasyprint.text.fonts:FontConfiguration.add_font_face",
    ),
    "box_values": (
        "weasyprint.layout.percent:resolve_percentages",
        "weasyprint.formatting_structure.boxes:Box.is_in_normal_flow",
    ),
    "upstream_fixes": (
        "cssselect2.tree:ElementWrapper.query_all",
        "weasyprint.css:AnonymousStyle.specified",
        "weasyprint.css:InitialStyle.specified",
        "weasyprint.document:Page.__init__",
        "weasyprint.document:Page.__getattr__",
        "weasyprint.images:SVGImage.__init__",
        "weasyprint.layout:LayoutContext.get_image_from_uri",
        "weasyprint.layout.inline:get_next_linebox",
        "weasyprint.pdf.fonts:Font._harfbuzz_subset",
        "weasyprint.svg.utils:size",
    ),
    "shaping": tuple(f"weasyprint.text.line_break:{name}" for name in ("split_first_line", "strut", "can_break_text")),
}
# What the product replaces in safe mode, too: pages would be others without the first two.
ALWAYS_REPLACED = (
    "weasyprint.layout.inline:split_text_box",
    "weasyprint.layout.inline:split_inline_box",
    "ctypes.util:find_library",  # only while WeasyPrint is imported
)
