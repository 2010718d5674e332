package dev.isobar.emulator.aws.foreign;

import dev.isobar.emulation.process.ForeignProcess;
import dev.isobar.emulation.process.Ports;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Amazon's own DynamoDB for one machine.
 *
 * @see <a href="https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/DynamoDBLocal.html">DynamoDB local</a>
 */
public final class DynamoDbLocal {
    private DynamoDbLocal() {}

    /**
     * Starts it.
     *
     * @param folder holds the tables and its log; what lies there from before is served again
     */
    public static ForeignProcess start(Path folder) throws IOException {
        return start(folder, Ports.free());
    }

    /** The same on that port. */
    public static ForeignProcess start(Path folder, int port) throws IOException {
        Path home = ThirdParty.dynamoDb();
        Path tables = Files.createDirectories(folder.resolve("tables"));
        List<String> command = new ArrayList<>(ThirdParty.java("512m"));
        command.addAll(List.of(
                "-Djava.library.path=" + home,
                "-Dsqlite4java.library.path=" + home,
                "-cp",
                ThirdParty.classPath(home),
                "com.amazonaws.services.dynamodbv2.local.main.ServerRunner",
                "-disableTelemetry",
                "-sharedDb",
                "-dbPath",
                tables.toString(),
                "-port",
                Integer.toString(port)));
        return ForeignProcess.start("DynamoDB local", command, Map.of(), folder, port);
    }
}
