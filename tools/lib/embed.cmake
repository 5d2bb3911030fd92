# cmake -DFILE=... -DNAME=... -DOUT=... -P embed.cmake: a file as a C array.
file(READ ${FILE} hex HEX)
string(LENGTH "${hex}" digits)
math(EXPR length "${digits} / 2")
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
file(WRITE ${OUT} "#include <stddef.h>
extern const unsigned char ${NAME}[];
extern const size_t ${NAME}_bytes;
const unsigned char ${NAME}[] = { ${bytes} };
const size_t ${NAME}_bytes = ${length};
")
