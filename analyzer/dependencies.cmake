# Finds every library blockcheck links, and reports all that is missing in one list, with the
# package names of the system at hand (docs/packages.txt). Gives the targets
#
#   dep::libclang dep::sqlite3 dep::jansson dep::yaml dep::libdw dep::xxhash dep::uthash dep::cmocka

set(missing "")
find_package(PkgConfig QUIET)

# By pkg-config: every system that packages these ships their .pc files.
function(find_by_pkgconfig what module target)
	if(PKG_CONFIG_FOUND)
		string(TOUPPER "${what}" prefix)
		string(MAKE_C_IDENTIFIER "${prefix}" prefix)
		pkg_check_modules(${prefix} QUIET IMPORTED_TARGET "${module}")
	endif()
	if(PKG_CONFIG_FOUND AND ${prefix}_FOUND)
		add_library(dep::${target} ALIAS PkgConfig::${prefix})
		set(${prefix}_VERSION "${${prefix}_VERSION}" PARENT_SCOPE)
	else()
		set(missing ${missing} "${what}" PARENT_SCOPE)
	endif()
endfunction()

# By header and, where there is one, library.
function(find_by_header what header library target)
	string(MAKE_C_IDENTIFIER "BLOCKCHECK_${target}" prefix)
	string(TOUPPER "${prefix}" prefix)
	find_path(${prefix}_INCLUDE_DIR "${header}")
	mark_as_advanced(${prefix}_INCLUDE_DIR)
	set(found ${${prefix}_INCLUDE_DIR})
	if(library)
		find_library(${prefix}_LIBRARY "${library}")
		mark_as_advanced(${prefix}_LIBRARY)
		if(NOT ${prefix}_LIBRARY)
			set(found FALSE)
		endif()
	endif()
	if(NOT found)
		set(missing ${missing} "${what}" PARENT_SCOPE)
		return()
	endif()
	add_library(dep::${target} INTERFACE IMPORTED GLOBAL)
	set_target_properties(dep::${target} PROPERTIES
		INTERFACE_INCLUDE_DIRECTORIES "${${prefix}_INCLUDE_DIR}")
	if(library)
		target_link_libraries(dep::${target} INTERFACE "${${prefix}_LIBRARY}")
	endif()
endfunction()

# Where one LLVM release keeps its headers and libraries: what llvm-config says, else the places that
# distributions use. Debian's libclang-NN-dev comes without an llvm-config, so both are looked at.
function(llvm_prefixes release result)
	if(release)
		set(names llvm-config-${release} llvm-config${release})
		set(prefixes /usr/lib/llvm-${release} /usr/lib/llvm${release} /usr/lib64/llvm${release}
			/usr/local/llvm${release} /opt/homebrew/opt/llvm@${release}
			/usr/local/opt/llvm@${release})
	else()
		set(names llvm-config)
		set(prefixes /opt/homebrew/opt/llvm /usr/local/opt/llvm /usr /usr/local)
	endif()
	find_program(llvm_config NAMES ${names} NO_CACHE)
	if(llvm_config)
		execute_process(COMMAND "${llvm_config}" --prefix OUTPUT_VARIABLE prefix
			OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
		list(PREPEND prefixes "${prefix}")
	endif()
	set(${result} ${prefixes} PARENT_SCOPE)
endfunction()

# The release is asked from the library itself: headers and library may come from different ones.
# Configuring for another machine, its headers have to do (CINDEX 0.64 came with 17).
function(libclang_release library include_dir result)
	set(${result} 0 PARENT_SCOPE)
	if(CMAKE_CROSSCOMPILING)
		file(STRINGS "${include_dir}/clang-c/Index.h" line REGEX "define CINDEX_VERSION_MINOR")
		if(line MATCHES "([0-9]+)$" AND CMAKE_MATCH_1 GREATER_EQUAL 64)
			set(${result} 17 PARENT_SCOPE)
		endif()
		return()
	endif()
	set(source "${CMAKE_BINARY_DIR}/CMakeFiles/libclang_release.c")
	file(WRITE "${source}" [[
#include <clang-c/Index.h>
#include <stdio.h>

int main(void)
{
	CXString version = clang_getClangVersion();

	puts(clang_getCString(version));
	clang_disposeString(version);
	return 0;
}
]])
	try_run(ran compiled "${CMAKE_BINARY_DIR}/CMakeFiles/libclang_release" "${source}"
		CMAKE_FLAGS "-DINCLUDE_DIRECTORIES=${include_dir}"
		LINK_LIBRARIES "${library}"
		RUN_OUTPUT_VARIABLE output)
	if(compiled AND ran EQUAL 0 AND output MATCHES "version ([0-9]+[0-9.]*)")
		set(${result} "${CMAKE_MATCH_1}" PARENT_SCOPE)
	endif()
endfunction()

# 19 first, as the release blockcheck is tested with; -DBLOCKCHECK_LLVM=NN asks for one release only.
# 18 and 17 come last: they keep some of the source to themselves (see docs/HACKING.md).
set(BLOCKCHECK_LLVM "" CACHE STRING
	"LLVM release to take libclang from (empty: 19, 20, 21, 22, 18, 17)")

function(find_libclang)
	set(releases 19 20 21 22 18 17 "")
	if(BLOCKCHECK_LLVM)
		set(releases ${BLOCKCHECK_LLVM})
	endif()
	foreach(release IN LISTS releases)
		llvm_prefixes("${release}" prefixes)
		find_path(include_dir clang-c/Index.h NO_CACHE NO_DEFAULT_PATH
			PATHS ${prefixes} PATH_SUFFIXES include)
		find_library(library NAMES clang clang-${release} NO_CACHE NO_DEFAULT_PATH
			PATHS ${prefixes} PATH_SUFFIXES lib lib64 "lib/${CMAKE_LIBRARY_ARCHITECTURE}")
		if(include_dir AND library)
			libclang_release("${library}" "${include_dir}" version)
			if(version VERSION_GREATER_EQUAL 17)
				break()
			endif()
			list(APPEND too_old "${library}")
		endif()
		unset(include_dir)
		unset(library)
	endforeach()
	if(NOT library)
		set(missing ${missing} libclang PARENT_SCOPE)
		set(libclang_rejected "${too_old}" PARENT_SCOPE)
		return()
	endif()
	add_library(dep::libclang INTERFACE IMPORTED GLOBAL)
	set_target_properties(dep::libclang PROPERTIES
		INTERFACE_INCLUDE_DIRECTORIES "${include_dir}")
	target_link_libraries(dep::libclang INTERFACE "${library}")
	set(BLOCKCHECK_LIBCLANG_VERSION "${version}" PARENT_SCOPE)
	set(BLOCKCHECK_LIBCLANG_LIBRARY "${library}" PARENT_SCOPE)
endfunction()

# Which column of docs/packages.txt speaks of this system, and how packages are installed here.
function(package_manager column command)
	foreach(row IN ITEMS "2:apt-get:apt-get install" "3:dnf:dnf install" "4:pacman:pacman -S"
			"5:zypper:zypper install" "6:apk:apk add" "7:brew:brew install")
		string(REPLACE ":" ";" row "${row}")
		list(GET row 1 program)
		find_program(found NAMES "${program}" NO_CACHE)
		if(found)
			list(GET row 0 number)
			list(GET row 2 text)
			set(${column} "${number}" PARENT_SCOPE)
			set(${command} "${text}" PARENT_SCOPE)
			return()
		endif()
	endforeach()
	set(${column} 2 PARENT_SCOPE)
	set(${command} "" PARENT_SCOPE)
endfunction()

# Says everything that is missing at once and stops.
function(report_missing)
	package_manager(column command)
	file(STRINGS "${PROJECT_SOURCE_DIR}/docs/packages.txt" rows REGEX "^[a-z]")
	set(text "")
	set(packages "")
	foreach(row IN LISTS rows)
		string(REGEX REPLACE " +" ";" row "${row}")
		list(GET row 1 what)
		if(what IN_LIST missing)
			list(GET row ${column} names)
			string(REPLACE "-NN-" "-19-" names "${names}")
			string(REPLACE "," " " names "${names}")
			string(APPEND text "\n  ${what}: install ${names}")
			string(APPEND packages " ${names}")
		endif()
	endforeach()
	if("libclang" IN_LIST missing AND BLOCKCHECK_LLVM)
		string(APPEND text "\n  (only release ${BLOCKCHECK_LLVM} was looked for: BLOCKCHECK_LLVM)")
	endif()
	if("libclang" IN_LIST missing AND libclang_rejected)
		string(APPEND text "\n  (found, but older than 17 or not loadable: ${libclang_rejected})")
	endif()
	if(command)
		string(APPEND text "\nAll at once: ${command}${packages}")
	endif()
	message(FATAL_ERROR "blockcheck cannot be built yet; missing:${text}\n"
		"`./bootstrap deps` installs all of it on Debian and Ubuntu.")
endfunction()

if(NOT PKG_CONFIG_FOUND)
	list(APPEND missing pkg-config)
endif()
find_libclang()
find_by_pkgconfig(sqlite3 sqlite3 sqlite3)
find_by_pkgconfig(jansson jansson>=2.13 jansson)
find_by_pkgconfig(yaml-0.1 yaml-0.1 yaml)
find_by_pkgconfig(libdw libdw libdw)
find_by_header(xxhash xxhash.h xxhash xxhash)
find_by_header(uthash uthash.h "" uthash)
if(BUILD_TESTING)
	find_by_pkgconfig(cmocka cmocka cmocka)
endif()
if(missing)
	report_missing()
endif()
if(BLOCKCHECK_LIBCLANG_VERSION VERSION_LESS 19)
	message(STATUS "libclang ${BLOCKCHECK_LIBCLANG_VERSION} shows less of _Generic, atomics, attributes "
		"and macro arguments than 19: some calls will not be seen, and some tests fail")
endif()
