# Turns the pages of docs/rules into a C table, so that the program carries them wherever it goes.
#
#   cmake -DOUTPUT=pages.c -DFOLDER=docs/rules -P embed_pages.cmake
file(GLOB pages "${FOLDER}/BC*.md")
list(SORT pages)
set(texts "")
set(table "")
foreach(page IN LISTS pages)
	get_filename_component(name "${page}" NAME_WE)
	file(READ "${page}" bytes HEX)
	string(REGEX REPLACE "(..)" "0x\\1," bytes "${bytes}")
	string(APPEND texts "static const unsigned char ${name}[] = {${bytes}0};\n")
	string(APPEND table "\t{\"${name}\", (const char *)${name}},\n")
endforeach()
file(WRITE "${OUTPUT}" "#include \"output/pages.h\"\n\n${texts}\n"
	"const struct bc_page bc_pages[] = {\n${table}\t{NULL, NULL},\n};\n")
