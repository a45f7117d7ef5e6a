from setuptools import Extension, setup

setup(name="hot", ext_modules=[Extension("hot", ["src/hot.c"])])
