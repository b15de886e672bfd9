namespace OrthancCloudFs.Configuration.Tests.Json;

public class VariableSubstitutionTests
{
    private static readonly (string, string)[] Environment =
    [
        ("ROOT", "site-a"),
        ("EMPTY", ""),
        ("ESCAPED", "a\\u0062c"),
        ("NESTED", "${ROOT}"),
    ];

    [Theory]
    [InlineData("${ROOT}", "site-a")]
    [InlineData("x/${ROOT}/y", "x/site-a/y")]
    [InlineData("${ROOT}${ROOT}", "site-asite-a")]
    [InlineData("${ROOT:-other}", "site-a")]
    [InlineData("${UNSET:-other}", "other")]
    [InlineData("${UNSET:-}", "")]
    [InlineData("${EMPTY:-other}", "")]
    [InlineData("${UNSET:-'a}b'}", "a}b")]
    [InlineData("${UNSET:-\"a}b\"}", "a}b")]
    [InlineData("${ESCAPED}", "abc")]
    [InlineData("${NESTED}", "${ROOT}")]
    [InlineData("a${EMPTY}b${EMPTY:-dq}c${C:-\"d}q\"}e${D:-'s}q'}f${E:+no}g", "abcd}qes}qf${E:+no}g")]
    [InlineData("$ROOT", "$ROOT")]
    [InlineData("${ROOT:+other}", "${ROOT:+other}")]
    [InlineData("$${ROOT}", "$site-a")]
    public void A_reference_is_replaced_as_Orthanc_does(string written, string expected)
    {
        ConfigurationResult result = ConfigurationFolder.ReadText(ConfigurationFolder.WithLocal($"\"RootPath\": \"{written}\""), Environment);

        Assert.Equal(expected, result.Settings.Provider.Layout.RootPath);
        Assert.Empty(result.Warnings);
    }

    [Fact]
    public void An_unset_variable_without_default_is_replaced_by_nothing_with_a_warning()
    {
        ConfigurationResult result = ConfigurationFolder.ReadText(ConfigurationFolder.WithLocal("\"RootPath\": \"${UNSET}\""));

        Assert.Equal("", result.Settings.Provider.Layout.RootPath);
        Assert.Contains("the environment variable UNSET is not set", Assert.Single(result.Warnings));
    }

    [Fact]
    public void A_reference_may_stand_for_any_JSON_value()
    {
        ConfigurationResult result = ConfigurationFolder.ReadText(
            ConfigurationFolder.WithS3("\"MaxRetries\": ${RETRIES}, \"Tags\": ${TAGS}, \"VirtualAddressing\": ${UNSET:-false}"),
            ("RETRIES", "3"),
            ("TAGS", "{ \"a\": \"b\" }"));

        S3Settings settings = Assert.IsType<S3Settings>(result.Settings.Provider);
        Assert.Equal(3, settings.MaxRetries);
        Assert.Equal("b", settings.Tags["a"]);
        Assert.False(settings.VirtualAddressing);
    }

    [Theory]
    [InlineData("\"", "a quotation mark")]
    [InlineData("a\", \"Enable\": \"", "a quotation mark")]
    [InlineData("sesame\n", "a line break or another control character")]
    [InlineData("C:\\dir", "a backslash that begins no JSON escape")]
    [InlineData("\\", "a backslash that begins no JSON escape")]
    public void A_value_that_would_break_its_string_is_refused_without_being_shown(string value, string fault)
    {
        string message = ConfigurationFolder.RefuseText("{\n \"Name\": \"${NAME}\" }", ("NAME", value));

        Assert.Contains($"orthanc.json:2:11: the value of NAME contains {fault}", message);
        Assert.DoesNotContain("sesame", message);
    }

    [Fact]
    public void A_value_that_is_no_JSON_is_refused_naming_the_variable()
    {
        string message = ConfigurationFolder.RefuseText("{\n \"Port\": ${PORT} }", ("PORT", "sesame"));

        Assert.Contains("orthanc.json:2:10: this is no JSON", message);
        Assert.Contains("environment variable PORT", message);
        Assert.DoesNotContain("sesame", message);
    }

    [Theory]
    [InlineData("${}")]
    [InlineData("${:-sesame}")]
    public void A_reference_without_name_is_refused(string reference)
    {
        string message = ConfigurationFolder.RefuseText($"{{ \"Name\": \"{reference}\" }}");

        Assert.Contains("orthanc.json:1:12: this names no environment variable", message);
        Assert.DoesNotContain("sesame", message);
    }

    [Fact]
    public void A_value_cannot_end_a_comment()
    {
        ConfigurationResult result = ConfigurationFolder.ReadText(
            "// ${X}\n/* ${X} */ " + ConfigurationFolder.Smallest,
            ("X", "\n*/ garbage"));

        Assert.Empty(result.Warnings);
    }

    [Fact]
    public void Places_are_those_of_the_file_as_written()
    {
        string message = ConfigurationFolder.RefuseText(
            "{ \"Name\": \"${LONG}${LONG}\", \"LocalStorage\": 7 }",
            ("LONG", "much longer than the reference"));

        Assert.Contains("orthanc.json:1:45: \"LocalStorage\" must be a section", message);
    }

    [Fact]
    public void Without_an_environment_that_of_the_process_is_used()
    {
        string name = $"ORTHANC_CLOUDFS_TEST_{Guid.NewGuid():N}";
        System.Environment.SetEnvironmentVariable(name, "from-process");
        using ConfigurationFolder folder = new ConfigurationFolder().Add("a.json", ConfigurationFolder.WithLocal($"\"RootPath\": \"${{{name}}}\""));

        Assert.Equal("from-process", OrthancConfigurationReader.Read(folder.Path).Settings.Provider.Layout.RootPath);
    }
}
