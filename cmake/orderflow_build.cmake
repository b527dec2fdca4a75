# SPDX-License-Identifier: MIT
# Warnings, sanitizers, and the three kinds of target of this project.

set(CMAKE_C_STANDARD 17)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_CXX_STANDARD 17)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
# Plugins are taken only from a folder that others cannot write, whatever the umask of who installs.
set(CMAKE_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ
    GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE RelWithDebInfo)
endif()

add_compile_options(-Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror -Wvla
                    $<$<COMPILE_LANGUAGE:C>:-Wmissing-prototypes> -fno-math-errno -ffp-contract=off)
add_compile_definitions(_XOPEN_SOURCE=700)
if(OF_SANITIZE)
  add_compile_options(-fsanitize=${OF_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${OF_SANITIZE})
endif()

# of_library(NAME FILES ... LINK ...): a static library that exports its own folder.
function(of_library name)
  cmake_parse_arguments(arg "" "" "FILES;LINK;PRIVATE_LINK" ${ARGN})
  add_library(${name} STATIC ${arg_FILES})
  target_include_directories(${name} PUBLIC ${CMAKE_CURRENT_SOURCE_DIR})
  target_link_libraries(${name} PUBLIC ${arg_LINK} PRIVATE ${arg_PRIVATE_LINK})
endfunction()

# of_detector(NAME): plugins/NAME/*.c -> NAME.so, which exports ofd_entry_v1 and nothing else.
function(of_detector name)
  file(GLOB parts CONFIGURE_DEPENDS ${name}/*.c)
  add_library(${name} MODULE ${parts})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR}/sdk/c)
  set_target_properties(${name} PROPERTIES PREFIX "" C_VISIBILITY_PRESET hidden
                        LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/plugins)
  if(NOT OF_SANITIZE)
    target_link_options(${name} PRIVATE -Wl,-z,defs)
  endif()
  install(TARGETS ${name} LIBRARY DESTINATION lib/orderflow/plugins)
endfunction()

# of_test(NAME FILE LINK ...): one cmocka program, one ctest entry.
function(of_test name file)
  cmake_parse_arguments(arg "" "TIMEOUT" "LINK;ARGS" ${ARGN})
  pkg_check_modules(CMOCKA REQUIRED IMPORTED_TARGET cmocka)
  add_executable(${name} ${file})
  target_link_libraries(${name} PRIVATE ${arg_LINK} PkgConfig::CMOCKA)
  add_test(NAME ${name} COMMAND ${name} ${arg_ARGS})
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 300) # for a loaded machine, not a measure of speed
  endif()
  set_tests_properties(${name} PROPERTIES TIMEOUT ${arg_TIMEOUT})
endfunction()
