"""Extension: an ordinary one, built as a wheel would have it, to compare
with."""
import json
import subprocess

ASK = """
import json, sysconfig
print(json.dumps([sysconfig.get_path("include"),
                  sysconfig.get_path("platinclude"),
                  sysconfig.get_config_var("EXT_SUFFIX")]))
"""


def build(python, source, folder):
    """Compiles `source` into `folder`, with cowbird's own flags."""
    done = subprocess.run([python, "-c", ASK], stdout=subprocess.PIPE,
                          text=True, check=True)
    include, platform_include, suffix = json.loads(done.stdout)
    subprocess.run(
        ["gcc", "-O2", "-g", "-fPIC", "-shared", "-I" + include,
         "-I" + platform_include, "-o", str(folder / (source.stem + suffix)),
         str(source)], check=True)
