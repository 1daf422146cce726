#include "input/flag_table.h"

#include <string.h>

/* The longest name that fits decides, so that -include-pch is not taken for -include. */
static const struct bc_flag_option options[] = {
	{"-D", BC_FLAG_MACRO},
	{"-U", BC_FLAG_MACRO},
	{"--define-macro", BC_FLAG_MACRO},
	{"--undefine-macro", BC_FLAG_MACRO},
	{"-I", BC_FLAG_KEEP_PATH},
	{"-iquote", BC_FLAG_KEEP_PATH},
	{"-isystem", BC_FLAG_KEEP_PATH},
	{"-isystem-after", BC_FLAG_KEEP_PATH},
	{"-idirafter", BC_FLAG_KEEP_PATH},
	{"-F", BC_FLAG_KEEP_PATH},
	{"-iframework", BC_FLAG_KEEP_PATH},
	{"-iprefix", BC_FLAG_KEEP_PATH},
	{"-iwithprefix", BC_FLAG_KEEP_EITHER},
	{"-iwithprefixbefore", BC_FLAG_KEEP_EITHER},
	{"-include", BC_FLAG_INCLUDE},
	{"--include", BC_FLAG_INCLUDE},
	{"-include-pch", BC_FLAG_DROP_VALUE},
	{"-imacros", BC_FLAG_KEEP_EITHER},
	{"-imultilib", BC_FLAG_DROP_VALUE},
	{"-isysroot", BC_FLAG_SYSROOT},
	{"--sysroot", BC_FLAG_SYSROOT},
	{"--sysroot=", BC_FLAG_SYSROOT},
	{"-nostdinc", BC_FLAG_KEEP},
	{"-nostdlibinc", BC_FLAG_KEEP},
	{"-nobuiltininc", BC_FLAG_KEEP},
	{"-undef", BC_FLAG_KEEP},
	{"-trigraphs", BC_FLAG_KEEP},
	{"-traditional-cpp", BC_FLAG_KEEP},
	{"-ansi", BC_FLAG_KEEP},
	{"-std=", BC_FLAG_KEEP_START},
	{"--std=", BC_FLAG_KEEP_START},
	{"-x", BC_FLAG_LANGUAGE},
	{"--language", BC_FLAG_LANGUAGE},
	{"--language=", BC_FLAG_LANGUAGE},
	{"-target", BC_FLAG_TARGET},
	{"--target", BC_FLAG_TARGET},
	{"--target=", BC_FLAG_TARGET},
	{"-arch", BC_FLAG_KEEP_VALUE},
	{"-pthread", BC_FLAG_KEEP},
	{"-pthreads", BC_FLAG_KEEP},
	{"-EB", BC_FLAG_KEEP},
	{"-EL", BC_FLAG_KEEP},
	{"-mlittle-endian", BC_FLAG_KEEP},
	{"-mbig-endian", BC_FLAG_KEEP},
	/*
	 * -m: what changes predefined macros and the sizes of types. Not all that starts so: gcc
	 * has options that clang calls an error (-mno-fancy-math-387).
	 */
	{"-m16", BC_FLAG_KEEP},
	{"-m32", BC_FLAG_KEEP},
	{"-m64", BC_FLAG_KEEP},
	{"-mx32", BC_FLAG_KEEP},
	{"-mthumb", BC_FLAG_KEEP},
	{"-marm", BC_FLAG_KEEP},
	{"-msoft-float", BC_FLAG_KEEP},
	{"-mhard-float", BC_FLAG_KEEP},
	{"-march=", BC_FLAG_KEEP_START},
	{"-mcpu=", BC_FLAG_KEEP_START},
	{"-mabi=", BC_FLAG_KEEP_START},
	{"-mfloat-abi=", BC_FLAG_KEEP_START},
	{"-mfpu=", BC_FLAG_KEEP_START},
	{"-mlong-double", BC_FLAG_KEEP_START},
	{"-mmmx", BC_FLAG_KEEP_START},
	{"-mno-mmx", BC_FLAG_KEEP_START},
	{"-msse", BC_FLAG_KEEP_START},
	{"-mno-sse", BC_FLAG_KEEP_START},
	{"-mavx", BC_FLAG_KEEP_START},
	{"-mno-avx", BC_FLAG_KEEP_START},
	{"-maes", BC_FLAG_KEEP_START},
	{"-mno-aes", BC_FLAG_KEEP_START},
	{"-mpclmul", BC_FLAG_KEEP_START},
	{"-mpopcnt", BC_FLAG_KEEP_START},
	{"-mfma", BC_FLAG_KEEP_START},
	{"-mno-fma", BC_FLAG_KEEP_START},
	{"-mbmi", BC_FLAG_KEEP_START},
	{"-mlzcnt", BC_FLAG_KEEP_START},
	{"-mf16c", BC_FLAG_KEEP_START},
	{"-mrdrnd", BC_FLAG_KEEP_START},
	{"-mrdseed", BC_FLAG_KEEP_START},
	{"-msha", BC_FLAG_KEEP_START},
	{"-madx", BC_FLAG_KEEP_START},
	{"-mmovbe", BC_FLAG_KEEP_START},
	{"-mxsave", BC_FLAG_KEEP_START},
	{"-mcx16", BC_FLAG_KEEP_START},
	{"-mcrc32", BC_FLAG_KEEP_START},
	{"-mneon", BC_FLAG_KEEP_START},
	{"-maltivec", BC_FLAG_KEEP_START},
	{"-mno-altivec", BC_FLAG_KEEP_START},
	{"-mvsx", BC_FLAG_KEEP_START},
	{"-mno-vsx", BC_FLAG_KEEP_START},
	{"-mrvv", BC_FLAG_KEEP_START},
	{"-mllvm", BC_FLAG_DROP_VALUE},
	/* -f: dialect and predefined macros */
	{"-fPIC", BC_FLAG_KEEP},
	{"-fpic", BC_FLAG_KEEP},
	{"-fPIE", BC_FLAG_KEEP},
	{"-fpie", BC_FLAG_KEEP},
	{"-fms-extensions", BC_FLAG_KEEP},
	{"-fms-compatibility", BC_FLAG_KEEP},
	{"-fplan9-extensions", BC_FLAG_KEEP},
	{"-fgnu89-inline", BC_FLAG_KEEP},
	{"-fblocks", BC_FLAG_KEEP},
	{"-fasm", BC_FLAG_KEEP},
	{"-fno-asm", BC_FLAG_KEEP},
	{"-fgnu-keywords", BC_FLAG_KEEP},
	{"-fno-gnu-keywords", BC_FLAG_KEEP},
	{"-ffreestanding", BC_FLAG_KEEP},
	{"-fhosted", BC_FLAG_KEEP},
	{"-fno-hosted", BC_FLAG_KEEP},
	{"-fbuiltin", BC_FLAG_KEEP},
	{"-fno-builtin", BC_FLAG_KEEP_START},
	{"-fsigned-char", BC_FLAG_KEEP},
	{"-fno-signed-char", BC_FLAG_KEEP},
	{"-funsigned-char", BC_FLAG_KEEP},
	{"-fno-unsigned-char", BC_FLAG_KEEP},
	{"-fshort-enums", BC_FLAG_KEEP},
	{"-fno-short-enums", BC_FLAG_KEEP},
	{"-fshort-wchar", BC_FLAG_KEEP},
	{"-fno-short-wchar", BC_FLAG_KEEP},
	{"-fdollars-in-identifiers", BC_FLAG_KEEP},
	{"-fno-dollars-in-identifiers", BC_FLAG_KEEP},
	{"-fdeclspec", BC_FLAG_KEEP},
	{"-fexceptions", BC_FLAG_KEEP},
	{"-fpack-struct", BC_FLAG_KEEP_START},
	{"-ftrigraphs", BC_FLAG_KEEP},
	{"-fdigraphs", BC_FLAG_KEEP},
	{"-fno-digraphs", BC_FLAG_KEEP},
	{"-fheinous-gnu-extensions", BC_FLAG_KEEP},
	{"-fextended-identifiers", BC_FLAG_KEEP},
	{"-o", BC_FLAG_OUTPUT},
	{"--output", BC_FLAG_OUTPUT},
	{"--output=", BC_FLAG_OUTPUT},
	{"-Wp,", BC_FLAG_PREPROCESSOR},
	{"-Xpreprocessor", BC_FLAG_PREPROCESSOR_VALUE},
	{"-E", BC_FLAG_NO_COMPILE},
	{"-M", BC_FLAG_NO_COMPILE},
	{"-MM", BC_FLAG_NO_COMPILE},
	/* dropped, listed only for the argument that they take along */
	{"-MF", BC_FLAG_DROP_EITHER},
	{"-MT", BC_FLAG_DROP_EITHER},
	{"-MQ", BC_FLAG_DROP_EITHER},
	{"-MJ", BC_FLAG_DROP_EITHER},
	{"-L", BC_FLAG_DROP_EITHER},
	{"-l", BC_FLAG_DROP_EITHER},
	{"-B", BC_FLAG_DROP_EITHER},
	{"-T", BC_FLAG_DROP_EITHER},
	{"-u", BC_FLAG_DROP_EITHER},
	{"-e", BC_FLAG_DROP_EITHER},
	{"-z", BC_FLAG_DROP_EITHER},
	{"-A", BC_FLAG_DROP_EITHER},
	{"-framework", BC_FLAG_DROP_VALUE},
	{"-Xclang", BC_FLAG_XCLANG},
	{"-Xlinker", BC_FLAG_DROP_VALUE},
	{"-Xassembler", BC_FLAG_DROP_VALUE},
	{"-Xanalyzer", BC_FLAG_DROP_VALUE},
	{"-Xarch_host", BC_FLAG_DROP_VALUE},
	{"-Xarch_device", BC_FLAG_DROP_VALUE},
	{"-Xopenmp-target", BC_FLAG_DROP_VALUE},
	{"--param", BC_FLAG_DROP_VALUE},
	{"-aux-info", BC_FLAG_DROP_VALUE},
	{"-dumpbase", BC_FLAG_DROP_VALUE},
	{"-dumpbase-ext", BC_FLAG_DROP_VALUE},
	{"-dumpdir", BC_FLAG_DROP_VALUE},
	{"-wrapper", BC_FLAG_DROP_VALUE},
	{"-specs", BC_FLAG_DROP_VALUE},
	{"--specs", BC_FLAG_DROP_VALUE},
	{"-gcc-toolchain", BC_FLAG_DROP_VALUE},
	{"--config", BC_FLAG_DROP_VALUE},
	{"-working-directory", BC_FLAG_DROP_VALUE},
	{"--serialize-diagnostics", BC_FLAG_DROP_VALUE},
	{"-serialize-diagnostics", BC_FLAG_DROP_VALUE},
	{"-ivfsoverlay", BC_FLAG_DROP_VALUE},
	{"-install_name", BC_FLAG_DROP_VALUE},
	{"-current_version", BC_FLAG_DROP_VALUE},
	{"-compatibility_version", BC_FLAG_DROP_VALUE},
};

static int takes_joined(enum bc_flag_action action)
{
	switch (action) {
	case BC_FLAG_DROP_EITHER:
	case BC_FLAG_KEEP_START:
	case BC_FLAG_KEEP_EITHER:
	case BC_FLAG_KEEP_PATH:
	case BC_FLAG_MACRO:
	case BC_FLAG_PREPROCESSOR:
	case BC_FLAG_LANGUAGE:
	case BC_FLAG_OUTPUT:
	case BC_FLAG_INCLUDE:
	case BC_FLAG_SYSROOT: return 1;
	case BC_FLAG_DROP:
	case BC_FLAG_NO_COMPILE:
	case BC_FLAG_DROP_VALUE:
	case BC_FLAG_KEEP:
	case BC_FLAG_KEEP_VALUE:
	case BC_FLAG_PREPROCESSOR_VALUE:
	case BC_FLAG_XCLANG:
	case BC_FLAG_TARGET: break;
	}
	return 0;
}

static int fits(const struct bc_flag_option *option, const char *arg)
{
	size_t len;

	if (arg[1] != option->name[1])
		return 0;
	len = strlen(option->name);
	if (strncmp(arg, option->name, len) != 0)
		return 0;
	/* Long forms are joined by '=' alone, so that --sysrootfoo is unknown. */
	return !arg[len] || option->name[len - 1] == '=' ||
	       (takes_joined(option->action) && strncmp(option->name, "--", 2) != 0) ||
	       (takes_joined(option->action) && arg[len] == '=');
}

const struct bc_flag_option *bc_flag_find(const char *arg)
{
	const struct bc_flag_option *best = NULL;

	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		if (fits(&options[i], arg) &&
			(!best || strlen(options[i].name) > strlen(best->name)))
			best = &options[i];
	return best;
}
