package dev.isobar.emulator.aws.sagemaker;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.isobar.emulation.state.Documents;
import dev.isobar.emulator.aws.wire.Members;
import dev.isobar.emulator.aws.wire.Rule;
import dev.isobar.emulator.aws.wire.ServiceError;

/**
 * The operations on model package groups; each counts the versions that it ever had. Thread safe.
 *
 * <p>Not verified: the words for a group that exists, that is missing, and that is not empty.
 *
 * @see <a href="https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateModelPackageGroup.html">CreateModelPackageGroup</a>
 */
final class ModelPackageGroups {
    static final String KIND = "model-package-group";
    static final Rule NAME_OR_ARN = Rule.pattern(
            1,
            170,
            "(arn:aws[a-z\\-]*:sagemaker:[a-z0-9\\-]*:[0-9]{12}:[a-z\\-]*\\/)?([a-zA-Z0-9]([a-zA-Z0-9-]){0,62})(?<!-)");

    private static final String VERSIONS = "_Versions";

    private final Documents groups;
    private final Documents packages;
    private final Arns arns;

    ModelPackageGroups(Documents groups, Documents packages, Arns arns) {
        this.groups = groups;
        this.packages = packages;
        this.arns = arns;
    }

    ObjectNode create(ObjectNode request) {
        Members in = Members.of(request);
        String name = in.text("ModelPackageGroupName", Rules.NAME);
        in.optionalText("ModelPackageGroupDescription", Rules.TEXT_1024);
        ObjectNode group = request.deepCopy();
        group.remove("Tags");
        group.set("_Tags", Rules.tags(in));
        in.check();
        String arn = arns.of(KIND, name);
        group.put("ModelPackageGroupArn", arn);
        group.put("CreationTime", Rules.now());
        group.put("ModelPackageGroupStatus", "Completed");
        group.putObject("CreatedBy");
        if (!groups.create(Arns.key(name), group)) {
            throw ServiceError.validation("Model Package Group already exists: " + arn);
        }
        return JsonNodeFactory.instance.objectNode().put("ModelPackageGroupArn", arn);
    }

    ObjectNode describe(ObjectNode request) {
        return Rules.described(find(name(request)));
    }

    ObjectNode list(ObjectNode request) {
        return Rules.list(
                request,
                groups.all().stream(),
                "ModelPackageGroupName",
                "",
                true,
                "ModelPackageGroupSummaryList",
                group -> Rules.some(
                        group,
                        "ModelPackageGroupName",
                        "ModelPackageGroupArn",
                        "ModelPackageGroupDescription",
                        "CreationTime",
                        "ModelPackageGroupStatus"));
    }

    ObjectNode delete(ObjectNode request) {
        String name = name(request);
        ObjectNode group = find(name);
        String full = group.path("ModelPackageGroupName").asText();
        if (packages.all().stream()
                .anyMatch(some -> some.path("ModelPackageGroupName").asText().equals(full))) {
            throw new ServiceError(
                    400,
                    "ConflictException",
                    "Model Package Group cannot be deleted because it still contains Model Packages: "
                            + group.path("ModelPackageGroupArn").asText());
        }
        groups.delete(Arns.key(name));
        return JsonNodeFactory.instance.objectNode();
    }

    /** The group of that name or ARN. */
    ObjectNode find(String nameOrArn) {
        String name = arns.name(KIND, nameOrArn);
        return groups.get(Arns.key(name)).orElseThrow(() -> missing(name));
    }

    /** Counts a version on. */
    int next(ObjectNode group) {
        String name = group.path("ModelPackageGroupName").asText();
        return groups.update(
                        Arns.key(name),
                        found -> found.put(VERSIONS, found.path(VERSIONS).asInt() + 1))
                .orElseThrow(() -> missing(name))
                .path(VERSIONS)
                .asInt();
    }

    private ServiceError missing(String name) {
        return ServiceError.validation("Model Package Group " + arns.of(KIND, name) + " does not exist.");
    }

    private static String name(ObjectNode request) {
        Members in = Members.of(request);
        String name = in.text("ModelPackageGroupName", NAME_OR_ARN);
        in.check();
        return name;
    }
}
