# SPDX-License-Identifier: MIT
# find_package(orderflow [ABI_MAJOR.ABI_MINOR]): what a detector plugin is built with. There is nothing to link.
#
#   orderflow_PREFIX       the installed tree
#   orderflow_PLUGINS_DIR  where its engine looks for plugins
#   orderflow_SAMPLES_DIR  recorded quotes
#   orderflow::detector    interface target: the header
#   orderflow::run_golden  program: compares a detector with golden files
#   orderflow_add_detector()
get_filename_component(orderflow_PREFIX "${CMAKE_CURRENT_LIST_DIR}" REALPATH)
get_filename_component(orderflow_PREFIX "${orderflow_PREFIX}/../../.." ABSOLUTE)
set(orderflow_PLUGINS_DIR "${orderflow_PREFIX}/lib/orderflow/plugins")
set(orderflow_SAMPLES_DIR "${orderflow_PREFIX}/share/orderflow/samples")
set(orderflow_VERSION_SCRIPT "${orderflow_PREFIX}/share/orderflow/sdk/detector.map")

if(NOT TARGET orderflow::detector)
  add_library(orderflow::detector INTERFACE IMPORTED)
  set_target_properties(orderflow::detector PROPERTIES
                        INTERFACE_INCLUDE_DIRECTORIES "${orderflow_PREFIX}/include")
  add_executable(orderflow::run_golden IMPORTED)
  set_target_properties(orderflow::run_golden PROPERTIES
                        IMPORTED_LOCATION "${orderflow_PREFIX}/libexec/orderflow/run_golden")
endif()

# orderflow_add_detector(NAME SOURCES file... [GOLDEN file...] [LINK library...])
#
# NAME.so, which exports ofd_entry_v1 and nothing else and misses no symbol when it is loaded. Each golden file is a
# test golden.NAME.FILE; target golden_update (and NAME_golden_update) writes what the detector says into them. Installed
# into lib/orderflow/plugins; where no CMAKE_INSTALL_PREFIX was chosen, of the tree that this package was found in.
function(orderflow_add_detector name)
  cmake_policy(SET CMP0057 NEW) # IN_LIST
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;GOLDEN;LINK")
  if(NOT arg_SOURCES OR arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "orderflow_add_detector(NAME SOURCES file... [GOLDEN file...] [LINK library...]): "
                        "no SOURCES, or a word before them: ${arg_UNPARSED_ARGUMENTS}")
  endif()
  add_library(${name} MODULE ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE orderflow::detector ${arg_LINK})
  set_target_properties(${name} PROPERTIES PREFIX "" SUFFIX ".so" C_VISIBILITY_PRESET hidden
                        CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
  get_property(languages GLOBAL PROPERTY ENABLED_LANGUAGES)
  if("C" IN_LIST languages)
    target_compile_features(${name} PRIVATE c_std_11)
  endif()
  if("CXX" IN_LIST languages)
    target_compile_features(${name} PRIVATE cxx_std_17)
  endif()
  target_compile_options(${name} PRIVATE $<$<COMPILE_LANG_AND_ID:CXX,GNU>:-fno-gnu-unique>)
  if(NOT APPLE)
    target_link_options(${name} PRIVATE "-Wl,--version-script=${orderflow_VERSION_SCRIPT}")
    set_property(TARGET ${name} APPEND PROPERTY LINK_DEPENDS "${orderflow_VERSION_SCRIPT}")
    if(NOT "${CMAKE_C_FLAGS} ${CMAKE_CXX_FLAGS} ${CMAKE_MODULE_LINKER_FLAGS}" MATCHES "-fsanitize") # of the host, then
      target_link_options(${name} PRIVATE -Wl,-z,defs)
    endif()
  endif()
  if(CMAKE_INSTALL_PREFIX_INITIALIZED_TO_DEFAULT)
    set(CMAKE_INSTALL_PREFIX "${orderflow_PREFIX}" CACHE PATH "Where to install" FORCE)
  endif()
  install(TARGETS ${name} LIBRARY DESTINATION lib/orderflow/plugins)
  if(arg_GOLDEN)
    orderflow_add_golden_(${name} ${arg_GOLDEN})
  endif()
endfunction()

function(orderflow_add_golden_ name)
  foreach(file ${ARGN})
    get_filename_component(path "${file}" ABSOLUTE)
    get_filename_component(test "${file}" NAME_WE)
    list(APPEND paths "${path}")
    add_test(NAME golden.${name}.${test} COMMAND orderflow::run_golden $<TARGET_FILE:${name}> "${path}")
    set_tests_properties(golden.${name}.${test} PROPERTIES TIMEOUT 60)
  endforeach()
  add_custom_target(${name}_golden_update
                    COMMAND orderflow::run_golden $<TARGET_FILE:${name}> ${paths} --update
                    DEPENDS ${name} VERBATIM)
  if(NOT TARGET golden_update)
    add_custom_target(golden_update)
  endif()
  add_dependencies(golden_update ${name}_golden_update)
endfunction()
