import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.context.support.DefaultProfileValidationSupport;
import ca.uhn.fhir.context.support.ValidationSupportContext;
import ca.uhn.fhir.validation.FhirValidator;
import ca.uhn.fhir.validation.ResultSeverityEnum;
import ca.uhn.fhir.validation.SingleValidationMessage;
import java.io.BufferedReader;
import java.io.FileInputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;
import org.hl7.fhir.common.hapi.validation.support.CommonCodeSystemsTerminologyService;
import org.hl7.fhir.common.hapi.validation.support.InMemoryTerminologyServerValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.PrePopulatedValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.SnapshotGeneratingValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.UnknownCodeSystemWarningValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.ValidationSupportChain;
import org.hl7.fhir.common.hapi.validation.validator.FhirInstanceValidator;
import org.hl7.fhir.r4.model.Resource;
import org.hl7.fhir.utilities.npm.NpmPackage;

/** Reads one resource per line and prints one finding per line: line number, severity, place, words, tab-separated. */
public final class Validate {
  public static void main(String[] packages) throws Exception {
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    FhirContext context = FhirContext.forR4Cached();
    FhirValidator validator = validator(context, packages);
    BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    int number = 0;
    for (String line = lines.readLine(); line != null; line = lines.readLine(), number++) {
      for (SingleValidationMessage found : validator.validateWithResult(line).getMessages()) {
        ResultSeverityEnum severity = found.getSeverity();
        if (severity == ResultSeverityEnum.ERROR || severity == ResultSeverityEnum.FATAL) {
          out.println(number + "\t" + severity.getCode() + "\t" + found.getLocationString() + "\t" + words(found));
        }
      }
      out.println(number + "\tdone");
    }
  }

  private static String words(SingleValidationMessage found) {
    return found.getMessageId() + "\t" + found.getMessage().replaceAll("\\s+", " ");
  }

  private static FhirValidator validator(FhirContext context, String[] packages) throws Exception {
    PrePopulatedValidationSupport guides = new PrePopulatedValidationSupport(context);
    for (String file : packages) {
      if (file.endsWith(".ndjson")) {
        for (String line : Files.readAllLines(Path.of(file))) {
          add(context, guides, line);
        }
        continue;
      }
      NpmPackage guide = NpmPackage.fromPackage(new FileInputStream(file));
      for (String name : guide.list("package")) {
        if (name.endsWith(".json") && !name.equals("package.json") && !name.startsWith(".")) {
          add(context, guides, new String(guide.load("package", name).readAllBytes(), StandardCharsets.UTF_8));
        }
      }
    }
    UnknownCodeSystemWarningValidationSupport unknown = new UnknownCodeSystemWarningValidationSupport(context);
    unknown.setNonExistentCodeSystemSeverity(
        ca.uhn.fhir.context.support.IValidationSupport.IssueSeverity.WARNING);
    ValidationSupportChain chain =
        new ValidationSupportChain(
            new DefaultProfileValidationSupport(context),
            guides,
            new CommonCodeSystemsTerminologyService(context),
            new InMemoryTerminologyServerValidationSupport(context),
            new SnapshotGeneratingValidationSupport(context),
            unknown);
    FhirInstanceValidator instance = new FhirInstanceValidator(chain);
    instance.setAnyExtensionsAllowed(true);
    instance.setNoTerminologyChecks(false);
    instance.setErrorForUnknownProfiles(true);
    FhirValidator validator = context.newValidator();
    validator.registerValidatorModule(instance);
    return validator;
  }

  private static final Pattern CONFORMANCE =
      Pattern.compile("\"resourceType\"\\s*:\\s*\"(StructureDefinition|ValueSet|CodeSystem)\"");

  private static void add(FhirContext context, PrePopulatedValidationSupport guides, String json) {
    if (CONFORMANCE.matcher(json).find()) {
      guides.addResource((Resource) context.newJsonParser().parseResource(json));
    }
  }
}
