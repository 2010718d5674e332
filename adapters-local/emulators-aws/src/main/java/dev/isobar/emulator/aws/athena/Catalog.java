package dev.isobar.emulator.aws.athena;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Databases and their tables, kept in a file. Thread safe. */
final class Catalog {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final String FILE = "catalog.json";

    private final Path home;
    private final Map<String, Map<String, Table>> databases;

    /**
     * A table.
     *
     * @param columns name → type, in order
     * @param location {@code s3://…/}
     */
    record Table(LinkedHashMap<String, String> columns, String location) {}

    Catalog(Path home) throws IOException {
        this.home = Files.createDirectories(home);
        Path file = home.resolve(FILE);
        this.databases = Files.exists(file)
                ? JSON.readValue(file.toFile(), new TypeReference<TreeMap<String, Map<String, Table>>>() {})
                : new TreeMap<>();
        databases.putIfAbsent("default", new TreeMap<>());
    }

    synchronized void createDatabase(String name, boolean ifNotExists) {
        if (databases.putIfAbsent(name, new TreeMap<>()) != null && !ifNotExists) {
            throw QueryFailure.user(
                    "FAILED", "Execution Error, return code 1 from DDLTask. Database " + name + " already exists");
        }
        save();
    }

    synchronized void dropDatabase(String name, boolean ifExists) {
        Map<String, Table> tables = databases.get(name);
        if (tables == null && !ifExists) {
            throw QueryFailure.user("FAILED", "SemanticException [Error 10072]: Database does not exist: " + name);
        }
        if (tables != null && !tables.isEmpty()) {
            throw QueryFailure.user(
                    "FAILED",
                    "Execution Error, return code 1 from DDLTask. InvalidOperationException(message:Database " + name
                            + " is not empty. One or more tables exist.)");
        }
        databases.remove(name);
        save();
    }

    synchronized void createTable(String database, String name, Table table, boolean ifNotExists) {
        Map<String, Table> tables = tables(database);
        if (tables.putIfAbsent(name, table) != null && !ifNotExists) {
            throw QueryFailure.user(
                    "FAILED", "Execution Error, return code 1 from DDLTask. AlreadyExistsException: Table " + name);
        }
        save();
    }

    synchronized void dropTable(String database, String name, boolean ifExists) {
        if (tables(database).remove(name) == null && !ifExists) {
            throw QueryFailure.user("FAILED", "SemanticException [Error 10001]: Table not found " + name);
        }
        save();
    }

    synchronized @Nullable Table find(String database, String name) {
        Map<String, Table> tables = databases.get(database);
        return tables == null ? null : tables.get(name);
    }

    private Map<String, Table> tables(String database) {
        Map<String, Table> tables = databases.get(database);
        if (tables == null) {
            throw QueryFailure.user("FAILED", "SemanticException [Error 10072]: Database does not exist: " + database);
        }
        return tables;
    }

    private void save() {
        Path temporary = home.resolve(FILE + "~");
        try {
            Files.write(temporary, JSON.writeValueAsBytes(databases));
            Files.move(
                    temporary, home.resolve(FILE), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw QueryFailure.system("the catalog cannot be written: " + e);
        }
    }
}
