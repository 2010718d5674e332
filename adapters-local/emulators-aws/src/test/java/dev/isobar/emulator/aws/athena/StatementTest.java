package dev.isobar.emulator.aws.athena;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.isobar.emulator.aws.athena.Statement.CreateTable;
import dev.isobar.emulator.aws.athena.Statement.Select;
import dev.isobar.emulator.aws.athena.Statement.Unload;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("The SQL of the emulated Athena")
class StatementTest {
    @Test
    @DisplayName("is understood, without regard to case")
    void understood() {
        assertThat(
                        Statement.parse(
                                "create external table if not exists `db`.`T` (`A` string, b bigint) stored as parquet location 's3://bucket/t/';"))
                .isInstanceOfSatisfying(CreateTable.class, t -> {
                    assertThat(t.name().table()).isEqualTo("t");
                    assertThat(t.columns()).containsOnlyKeys("a", "b");
                });
        assertThat(
                        Statement.parse(
                                "SELECT \"$path\" AS path, count(*) FROM \"db\".\"t\" WHERE \"A\" = 'it''s' AND (b >= -1 OR b IS NOT NULL) GROUP BY \"$path\""))
                .isInstanceOf(Select.class);
        assertThat(
                        Statement.parse(
                                "UNLOAD (SELECT a FROM t WHERE b < 3) TO 's3://bucket/out/' WITH (format = 'PARQUET', compression = 'SNAPPY')"))
                .isInstanceOf(Unload.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "SELECT",
                "SELECT * FROM t",
                "SELECT a / 2 FROM t",
                "SELECT a FROM t; DROP TABLE t",
                "SELECT a FROM t JOIN u ON t.a = u.a",
                "SELECT a FROM `t`",
                "SELECT a FROM t WHERE b = 1.5",
                "SELECT a FROM t WHERE b = 9223372036854775808",
                "SELECT a FROM t WHERE b = -9223372036854775808",
                "SELECT a FROM t WHERE a = 'open",
                "SELECT a FROM read_parquet('s3://bucket/x')",
                "INSERT INTO t VALUES (1)",
                "COPY t TO 'x'",
                "CREATE TABLE t (a string)",
                "CREATE EXTERNAL TABLE t (a varchar) STORED AS PARQUET LOCATION 's3://b/x'",
                "CREATE EXTERNAL TABLE t (a timestamp) STORED AS PARQUET LOCATION 's3://bucket/x'",
                "CREATE EXTERNAL TABLE t (a string, A string) STORED AS PARQUET LOCATION 's3://bucket/x/'",
                "CREATE EXTERNAL TABLE \"t\" (a string) STORED AS PARQUET LOCATION 's3://bucket/x/'",
                "UNLOAD (SELECT a FROM t) TO '/tmp/x' WITH (format = 'PARQUET')",
                "UNLOAD (SELECT a FROM t) TO 's3://bucket/x/' WITH (format = 'CSV')",
                "DROP TABLE IF t"
            })
    @DisplayName("is refused as a syntax error where it is not understood")
    void refused(String sql) {
        assertThatThrownBy(() -> Statement.parse(sql))
                .isInstanceOf(QueryFailure.class)
                .hasMessageStartingWith("SYNTAX_ERROR: line 1:");
    }

    @Test
    @DisplayName("has no functions, and groups what it counts")
    void functions() {
        assertThatThrownBy(() -> Statement.parse("SELECT lower(a) FROM t"))
                .hasMessageStartingWith("FUNCTION_NOT_FOUND");
        assertThatThrownBy(() -> Statement.parse("SELECT a, count(*) FROM t"))
                .hasMessageStartingWith("EXPRESSION_NOT_AGGREGATE");
    }
}
