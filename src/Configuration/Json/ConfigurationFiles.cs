namespace OrthancCloudFs.Configuration.Json;

/// <summary>
/// Orthanc's configuration as one set of top-level keys: a file, or the <c>*.json</c> files directly in a folder, in the order
/// of their names. As in Orthanc, files are merged by top-level key and a key in two files is an error.
/// </summary>
internal sealed class ConfigurationFiles
{
    private readonly Dictionary<string, ConfigurationMember> _members = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ConfigurationMember> _repeated = new(StringComparer.Ordinal);

    private ConfigurationFiles(string path, string folder)
    {
        Path = path;
        Folder = folder;
    }

    /// <summary>The file or folder, absolute.</summary>
    public string Path { get; }

    /// <summary>What relative paths in the configuration refer to: the folder, or the folder of the file.</summary>
    public string Folder { get; }

    public IEnumerable<ConfigurationMember> Members => _members.Values;

    /// <exception cref="ConfigurationException">Nothing can be read there, or it is not a valid configuration.</exception>
    public static ConfigurationFiles Read(string path, IReadOnlyDictionary<string, string> environment, List<string> warnings)
    {
        string full = System.IO.Path.GetFullPath(path);
        if (!Directory.Exists(full))
        {
            if (!File.Exists(full))
                throw new ConfigurationException($"{full}: no such file or folder: give Orthanc's configuration, such as /etc/orthanc.");
            var single = new ConfigurationFiles(full, System.IO.Path.GetDirectoryName(full)!);
            single.Add(ConfigurationFileParser.Parse(full, environment, warnings));
            return single;
        }

        var files = new ConfigurationFiles(full, full);
        string[] names = ListFolder(full);
        if (names.Length == 0)
            throw new ConfigurationException($"{full}: the folder holds no *.json file: give what Orthanc is started with.");
        foreach (string name in names)
            files.Add(ConfigurationFileParser.Parse(name, environment, warnings));
        return files;
    }

    /// <summary>The value of a top-level key, null where it is absent.</summary>
    /// <exception cref="ConfigurationException">The key appears twice in one file: Orthanc would silently take the last.</exception>
    public ConfigurationNode? Find(string key)
    {
        if (_repeated.TryGetValue(key, out ConfigurationMember? again))
            throw again.Error($"\"{key}\" is already defined at {_members[key].Location}: keep one of the two.");
        return _members.GetValueOrDefault(key)?.Value;
    }

    private static string[] ListFolder(string folder)
    {
        try
        {
            return Directory.EnumerateFiles(folder)
                .Where(file => System.IO.Path.GetExtension(file).Equals(".json", StringComparison.OrdinalIgnoreCase))
                .Order(StringComparer.Ordinal)
                .ToArray();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ConfigurationException(
                $"{folder}: the folder cannot be listed: give the user of this program the right to read it.", e);
        }
    }

    private void Add(ConfigurationNode root)
    {
        var here = new HashSet<string>(StringComparer.Ordinal);
        foreach (ConfigurationMember member in root.Members)
        {
            if (_members.TryAdd(member.Name, member))
                here.Add(member.Name);
            else if (here.Contains(member.Name))
                _repeated.TryAdd(member.Name, member);
            else
                throw member.Error($"\"{member.Shown}\" is already defined at {_members[member.Name].Location}: keep one of the two, as Orthanc asks.");
        }
    }
}
