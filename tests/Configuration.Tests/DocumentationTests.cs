namespace OrthancCloudFs.Configuration.Tests;

/// <summary>docs/configuration.md lists exactly the keys that are read, and its examples work.</summary>
public class DocumentationTests
{
    private static readonly string[] Document = File.ReadAllLines(Path.Combine(RepositoryRoot(), "docs", "configuration.md"));

    [Fact]
    public void The_tables_list_exactly_the_known_keys()
    {
        string expected = string.Join('\n', KnownKeys.All.GroupBy(key => key.Section, StringComparer.Ordinal).SelectMany(Table));

        Assert.Equal(expected, string.Join('\n', TablesOfKeys()));
    }

    [Fact]
    public void Every_declared_key_is_listed_once()
    {
        int declared = typeof(KnownKeys).GetProperties().Count(property => typeof(ConfigurationKey).IsAssignableFrom(property.PropertyType));

        Assert.Equal(declared, KnownKeys.All.Count);
        Assert.Equal(declared, KnownKeys.All.DistinctBy(key => (key.Section, key.Name)).Count());
    }

    [Fact]
    public void The_examples_are_accepted_without_warnings()
    {
        string[] examples = Examples().ToArray();

        Assert.Equal(3, examples.Length);
        Assert.All(examples, example => Assert.Empty(ConfigurationFolder.ReadText(example, ("S3_SECRET_KEY", "secret")).Warnings));
        Assert.IsType<LocalStorageSettings>(ConfigurationFolder.ReadText(examples[0]).Settings.Provider);
        Assert.Null(Assert.IsType<S3Settings>(ConfigurationFolder.ReadText(examples[1]).Settings.Provider).Endpoint);
        Assert.False(Assert.IsType<S3Settings>(ConfigurationFolder.ReadText(examples[2], ("S3_SECRET_KEY", "secret")).Settings.Provider).VirtualAddressing);
    }

    private static IEnumerable<string> Table(IGrouping<string, ConfigurationKey> section)
    {
        yield return $"section `{section.Key}`";
        foreach (ConfigurationKey key in section)
            yield return $"| `{key.Name}` | {key.Type} | {key.Unit} | {key.Default} | {SourceInWords(key.Source)} | {key.Meaning} |".Replace("|  |", "| |", StringComparison.Ordinal);
    }

    private static string SourceInWords(KeySource source) => source switch
    {
        KeySource.Plugin => "plugin",
        KeySource.Orthanc => "Orthanc",
        _ => "ours",
    };

    /// <summary>Rows of keys, each group preceded by the section that the heading above it names.</summary>
    private static IEnumerable<string> TablesOfKeys()
    {
        string heading = "";
        bool inTable = false;
        foreach (string line in Document)
        {
            if (line.StartsWith("### ", StringComparison.Ordinal))
                heading = line[4..];
            if (line.StartsWith("| Key |", StringComparison.Ordinal))
            {
                inTable = true;
                yield return $"section {heading}";
            }
            else if (!line.StartsWith('|'))
            {
                inTable = false;
            }
            else if (inTable && !line.StartsWith("|--", StringComparison.Ordinal))
            {
                yield return line;
            }
        }
    }

    /// <summary>The fenced JSON blocks that are complete files.</summary>
    private static IEnumerable<string> Examples()
    {
        return string.Join('\n', Document).Split("```json\n").Skip(1).Select(block => block[..block.IndexOf("```", StringComparison.Ordinal)]);
    }

    private static string RepositoryRoot()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "OrthancCloudFs.sln")))
            folder = Path.GetDirectoryName(folder);
        return folder ?? throw new InvalidOperationException($"{AppContext.BaseDirectory} lies outside of the repository.");
    }
}
