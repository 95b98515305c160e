# Writes migrations.cc, the compiled-in form of migrations/NNNN_name.sql, when a file changed.
file(GLOB migration_files CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/migrations/*.sql)
list(SORT migration_files)
set(rows "")
set(expected 0)
foreach(file IN LISTS migration_files)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
  get_filename_component(name ${file} NAME_WE)
  string(SUBSTRING ${name} 0 4 digits)
  math(EXPR version "1${digits} - 10000")
  math(EXPR expected "${expected} + 1")
  if(NOT version EQUAL expected)
    message(FATAL_ERROR "${file}: the next migration is number ${expected}, not ${version}")
  endif()
  file(READ ${file} sql)
  string(APPEND rows "    {${version}, \"${name}\", R\"sql(${sql})sql\"},\n")
endforeach()
file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/gen/state/migrations.cc @ONLY CONTENT
"// Written by src/state/embed_migrations.cmake from src/state/migrations. Do not edit.
#include \"state/migrate.h\"

namespace bedplate::state {

std::span<const Migration> AllMigrations() {
  static constexpr Migration kMigrations[] = {
@rows@  };
  return kMigrations;
}

}  // namespace bedplate::state
")
