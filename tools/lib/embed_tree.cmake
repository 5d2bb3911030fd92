# cmake -DROOT=... -DFILES=list.txt -DOUT=... -P embed_tree.cmake: the files of a
# list, a path below ROOT on each line, as C arrays and the table of cmd_stock.h.
file(STRINGS ${FILES} paths)
set(arrays "")
set(table "")
set(count 0)
foreach(path IN LISTS paths)
  file(READ ${ROOT}/${path} hex HEX)
  string(LENGTH "${hex}" digits)
  math(EXPR length "${digits} / 2")
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
  # One more byte, so that an empty file is an array too.
  string(APPEND arrays "static const unsigned char file_${count}[] = { ${bytes} 0 };\n")
  string(APPEND table "	{ \"${path}\", file_${count}, ${length} },\n")
  math(EXPR count "${count} + 1")
endforeach()
file(WRITE ${OUT} "#include \"cmd_stock.h\"

${arrays}
const struct stock_file stock_files[] = {
${table}};
const size_t stock_file_count = ${count};
")
